using CsCheck;
using OrleansSync.Client.Sync;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>What always holds, over random histories in virtual time; <see cref="SchedulerWorld"/> checks its rules beside it at each order.</summary>
public sealed class SchedulerProperties
{
    private static readonly SchedulerSettings Settings = SchedulerWorld.Defaults;

    [Fact]
    public void R5_There_are_never_two_pushes_at_once() => Sample(static (steps, world) =>
    {
        var pushes = 0;
        world.Around = (what, send) =>
        {
            if (what is SchedulerEvent.SyncStarted) pushes = 1;
            if (what is SchedulerEvent.PushFinished or SchedulerEvent.SyncFinished or SchedulerEvent.SessionEnded) pushes = 0;
            var action = send();
            // A session that is opened begins with a full sync, and that pushes.
            if (action is SchedulerAction.Push or SchedulerAction.Sync or SchedulerAction.OpenSession) pushes++;
            Assert.InRange(pushes, 0, 1);
            return action;
        };
        Play(steps, world);
    });

    [Fact]
    public void R5_There_is_never_a_push_per_keystroke() => Gen.Select(Gen.Int[1, 2_900].Array[1, 300], Gen.Int[1, 900]).Sample(
        static (pauses, pushMs) =>
        {
            var push = TimeSpan.FromMilliseconds(pushMs);
            var world = new SchedulerWorld();
            world.Connect();
            var begun = world.Now;
            foreach (var pause in pauses)
            {
                world.Send(new SchedulerEvent.LocalWrite());
                SchedulerSteps.Online(world, TimeSpan.FromMilliseconds(pause), push);
            }

            // No pause was as long as the debounce: only its bound has made pushes.
            var pushes = world.Count(SchedulerAction.Push);
            Assert.InRange(pushes, 0, (int)((world.Now - begun) / Settings.MaxDebounce));
            SchedulerSteps.Online(world, Settings.MaxDebounce, push);
            Assert.InRange(world.Count(SchedulerAction.Push), Math.Max(1, pushes), pushes + 1);
        },
        iter: 1_000);

    [Fact]
    public void R5_What_is_written_while_connected_is_always_pushed_soon() =>
        Gen.Select(Gen.Select(Gen.Int[0, 20_000], Gen.Bool).Array[1, 60], Gen.Int[1, 5_000], Gen.Bool).Sample(
            static (writes, pushMs, saving) =>
            {
                var push = TimeSpan.FromMilliseconds(pushMs);
                var soon = saving ? Settings.SavingDebounce : Settings.MaxDebounce;
                var world = new SchedulerWorld();
                world.Connect();
                world.Send(new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: true, saving)));
                foreach (var (pause, isWrite) in writes)
                {
                    world.Send(isWrite ? new SchedulerEvent.LocalWrite() : new SchedulerEvent.SyncRequested());
                    SchedulerSteps.Online(world, TimeSpan.FromMilliseconds(pause), push, IsSoon);
                }

                SchedulerSteps.Online(world, soon + push + push, push, IsSoon);
                Assert.Equal((null, null), (world.OldestUncarried, world.Carrying));

                void IsSoon() => Assert.True(world.OldestUncarried is not { } oldest || world.Now - oldest <= soon, $"since {world.OldestUncarried} at {world.Now}");
            },
            iter: 1_000);

    [Fact]
    public void R5_What_is_written_is_always_pushed_once_connected_again() => Sample(static (steps, world) =>
    {
        Play(steps, world);
        SchedulerSteps.Heal(world);
        if (!world.IsAutomatic) world.Send(new SchedulerEvent.SyncRequested());
        // As long as a server may have asked to wait, the longest backoff after it, and the debounce of a push that left something.
        SchedulerSteps.Live(
            world, TimeSpan.FromSeconds(120) + Settings.MaxBackoff + Settings.MaxDebounce,
            until: () => (world.OldestUncarried, world.Carrying, world.SyncOrdered) == (null, null, false));
        Assert.Null(world.OldestUncarried);
    });

    private static void Sample(Action<SchedulerStep[], SchedulerWorld> check) =>
        Gen.Select(SchedulerSteps.AnyHistory, Gen.Int, Gen.Bool).Sample(
            (steps, seed, automatic) => check(steps, new SchedulerWorld(Settings with { AutoSync = automatic }, seed)), iter: 10_000);

    private static void Play(SchedulerStep[] steps, SchedulerWorld world)
    {
        world.Send(new SchedulerEvent.Started());
        foreach (var step in steps) step.Do(world);
    }
}
