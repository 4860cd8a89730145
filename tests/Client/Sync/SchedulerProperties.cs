using CsCheck;
using OrleansSync.Client.Sync;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>The rules that <see cref="SchedulerWorld"/> checks at each order, over random histories; and that syncing never starves.</summary>
public sealed class SchedulerProperties
{
    private static readonly Gen<SessionFault> AnyFault = Gen.Select(
        Gen.Frequency(
            (6, Gen.Const(SessionFaultKind.Retry)), (2, Gen.Const(SessionFaultKind.Unauthenticated)), (1, Gen.Const(SessionFaultKind.Refused))),
        Gen.Frequency((3, Gen.Const((TimeSpan?)null)), (1, Gen.Int[0, 120].Select(seconds => (TimeSpan?)TimeSpan.FromSeconds(seconds)))),
        (kind, retryAfter) => new SessionFault(kind, retryAfter));

    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (10, Always("write", world => world.Send(new SchedulerEvent.LocalWrite()))),
        (6, Gen.Int[0, 4_000].Select(ms => new Step($"{ms} ms", world => world.Advance(TimeSpan.FromMilliseconds(ms))))),
        (2, Gen.Int[0, 1_200].Select(seconds => new Step($"{seconds} s", world => world.Advance(TimeSpan.FromSeconds(seconds))))),
        (8, Always("progress", Progress)),
        (3, AnyFault.Select(fault => new Step($"{fault}", world => Break(world, fault)))),
        (1, Always("request", world => world.Send(new SchedulerEvent.SyncRequested()))),
        (1, Always("abandon", world => world.Send(new SchedulerEvent.SyncAbandoned()))),
        (1, Always("pause", world => world.Send(new SchedulerEvent.Paused()))),
        (1, Always("resume", world => world.Send(new SchedulerEvent.Resumed()))),
        (2, Gen.Select(Gen.Bool, Gen.Bool, (network, saving) => new DeviceConditions(network, saving)).Select(conditions =>
            new Step($"{conditions}", world => world.Send(new SchedulerEvent.ConditionsTold(conditions))))),
        (1, Gen.Bool.Select(has => new Step($"token {has}", world => Answer(world, has)))));

    [Fact]
    public void There_is_never_a_second_sync_nor_a_push_per_keystroke_and_what_is_written_is_pushed_in_the_end()
    {
        Gen.Select(AnyStep.Array[0, 120], Gen.Int, Gen.Bool).Sample(
            (steps, seed, automatic) =>
            {
                var world = new SchedulerWorld(SchedulerWorld.Defaults with { AutoSync = automatic }, seed);
                world.Send(new SchedulerEvent.Started());
                foreach (var step in steps) step.Do(world);
                Heal(world);
                if (!automatic) world.Send(new SchedulerEvent.SyncRequested());
                // As long as a server may have asked to wait, and the longest backoff after it.
                Live(world, TimeSpan.FromSeconds(120) + SchedulerWorld.Defaults.MaxBackoff, until: () => world.Scheduler.Phase == SessionPhase.Watching);
                Live(world, SchedulerWorld.Defaults.MaxDebounce, until: () => world.OldestUncarried is null);
                Assert.Null(world.OldestUncarried);
            },
            iter: 20_000);
    }

    /// <summary>The session takes its next step, if there is one to take.</summary>
    private static void Progress(SchedulerWorld world)
    {
        if (!world.SessionOpen) return;
        if (world.Closing) world.Send(new SchedulerEvent.SessionEnded(null));
        else if (world.Carrying == SchedulerAction.Push) world.Send(new SchedulerEvent.PushFinished(Remaining: false));
        else if (world.SyncOrdered) world.Send(new SchedulerEvent.SyncStarted());
        else if (world.Carrying == SchedulerAction.Sync) world.FinishSync();
        // A session that is not meant to watch ends by itself after its sync.
        else if (world.Scheduler.Phase == SessionPhase.Closing) world.Send(new SchedulerEvent.SessionEnded(null));
    }

    private static void Break(SchedulerWorld world, SessionFault fault)
    {
        if (world.SessionOpen) world.Send(new SchedulerEvent.SessionEnded(fault));
    }

    private static void Answer(SchedulerWorld world, bool hasToken)
    {
        if (world.Asking) world.Send(new SchedulerEvent.CredentialsAnswered(hasToken));
    }

    /// <summary>A world in which everything works.</summary>
    private static void Live(SchedulerWorld world, TimeSpan atMost, Func<bool> until)
    {
        for (var end = world.Now + atMost; !until() && world.Now <= end; world.Advance(TimeSpan.FromMilliseconds(500)))
        {
            Answer(world, hasToken: true);
            Progress(world);
        }
    }

    /// <summary>Nothing is paused or refused any more.</summary>
    private static void Heal(SchedulerWorld world)
    {
        Answer(world, hasToken: true);
        world.Send(new SchedulerEvent.Resumed());
        world.Send(new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: true)));
    }

    private static Gen<Step> Always(string name, Action<SchedulerWorld> act) => Gen.Const(new Step(name, act));

    private sealed record Step(string Name, Action<SchedulerWorld> Do)
    {
        public override string ToString() => Name;
    }
}
