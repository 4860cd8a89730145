using CsCheck;
using OrleansSync.Client.Sync;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>One thing that happens to a scheduler or around it.</summary>
internal sealed record SchedulerStep(string Name, Action<SchedulerWorld> Do)
{
    public override string ToString() => Name;
}

/// <summary>Random steps: whatever can come, in any order.</summary>
internal static class SchedulerSteps
{
    private static readonly Gen<SessionFault> AnyFault = Gen.Select(
        Gen.Frequency(
            (6, Gen.Const(SessionFaultKind.Retry)), (2, Gen.Const(SessionFaultKind.Unauthenticated)), (1, Gen.Const(SessionFaultKind.Refused))),
        Gen.Frequency((3, Gen.Const((TimeSpan?)null)), (1, Gen.Int[0, 120].Select(seconds => (TimeSpan?)TimeSpan.FromSeconds(seconds)))),
        (kind, retryAfter) => new SessionFault(kind, retryAfter));

    private static readonly Gen<SchedulerStep> Any = Gen.Frequency(
        (10, Always("write", new SchedulerEvent.LocalWrite())),
        (6, Gen.Int[0, 4_000].Select(ms => new SchedulerStep($"{ms} ms", world => world.Advance(TimeSpan.FromMilliseconds(ms))))),
        (2, Gen.Int[0, 1_200].Select(seconds => new SchedulerStep($"{seconds} s", world => world.Advance(TimeSpan.FromSeconds(seconds))))),
        (8, Gen.Const(new SchedulerStep("progress", Progress))),
        // What was on its way when the session was told to end, a push that leaves something, and a watch that ends by itself.
        (1, Always("started", new SchedulerEvent.SyncStarted())),
        (1, Always("finished", new SchedulerEvent.SyncFinished())),
        (1, Gen.Bool.Select(more => Sends($"pushed {more}", new SchedulerEvent.PushFinished(more)))),
        (3, AnyFault.Select(fault => Sends($"{fault}", new SchedulerEvent.SessionEnded(fault)))),
        (1, Always("types", new SchedulerEvent.SubscriptionsChanged())),
        (1, Always("request", new SchedulerEvent.SyncRequested())),
        (1, Always("abandon", new SchedulerEvent.SyncAbandoned())),
        (1, Always("pause", new SchedulerEvent.Paused())),
        (1, Always("resume", new SchedulerEvent.Resumed())),
        (1, Always("timer", new SchedulerEvent.TimerDue())),
        (2, Gen.Select(Gen.Bool, Gen.Bool, static (network, saving) => new DeviceConditions(network, saving))
            .Select(conditions => Sends($"{conditions}", new SchedulerEvent.ConditionsTold(conditions)))),
        (1, Gen.Bool.Select(has => Sends($"token {has}", new SchedulerEvent.CredentialsAnswered(has)))));

    public static readonly Gen<SchedulerStep[]> AnyHistory = Any.Array[0, 120];

    /// <summary>A history that may end with the closing of the store.</summary>
    public static readonly Gen<SchedulerStep[]> AnyLife = Gen.Select(
        AnyHistory, Gen.Bool, Any.Array[0, 10],
        static (before, stops, after) => stops ? [.. before, Sends("stop", new SchedulerEvent.Stopped()), .. after] : before);

    /// <summary>The session takes its next step, if there is one to take.</summary>
    public static void Progress(SchedulerWorld world)
    {
        if (!world.SessionOpen) return;
        if (world.Closing) world.Send(new SchedulerEvent.SessionEnded(null));
        else if (world.Carrying == SchedulerAction.Push) world.Send(new SchedulerEvent.PushFinished(Remaining: false));
        else if (world.SyncOrdered) world.Send(new SchedulerEvent.SyncStarted());
        else if (world.Carrying == SchedulerAction.Sync) world.FinishSync();
        // A session that is not meant to watch ends by itself after its sync.
        else if (world.Scheduler.Phase == SessionPhase.Closing) world.Send(new SchedulerEvent.SessionEnded(null));
    }

    /// <summary>Time goes by over a connection on which each push and each full sync takes so long.</summary>
    public static void Online(SchedulerWorld world, TimeSpan time, TimeSpan push, Action? onStep = null)
    {
        for (var end = world.Now + time; world.Now < end; onStep?.Invoke())
        {
            while (world.SyncOrdered || (IsBusy() && world.Now >= Done())) Progress(world);
            var next = IsBusy() ? Done() : world.Now + (world.Scheduler.WakeAfter ?? time);
            world.Advance((next < end ? next : end) - world.Now);
        }

        bool IsBusy() => world.Carrying is not null;

        TimeSpan Done() => world.Actions[^1].At + push;
    }

    /// <summary>A world in which everything works, at once.</summary>
    public static void Live(SchedulerWorld world, TimeSpan atMost, Func<bool> until)
    {
        for (var end = world.Now + atMost; !until() && world.Now <= end; world.Advance(TimeSpan.FromMilliseconds(500)))
        {
            SendIfItMayCome(world, new SchedulerEvent.CredentialsAnswered(HasToken: true));
            Progress(world);
        }
    }

    /// <summary>Nothing is paused or refused any more.</summary>
    public static void Heal(SchedulerWorld world)
    {
        SendIfItMayCome(world, new SchedulerEvent.CredentialsAnswered(HasToken: true));
        world.Send(new SchedulerEvent.Resumed());
        world.Send(new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: true)));
    }

    private static void SendIfItMayCome(SchedulerWorld world, SchedulerEvent what)
    {
        if (world.MayCome(what)) world.Send(what);
    }

    private static SchedulerStep Sends(string name, SchedulerEvent what) => new(name, world => SendIfItMayCome(world, what));

    private static Gen<SchedulerStep> Always(string name, SchedulerEvent what) => Gen.Const(Sends(name, what));
}
