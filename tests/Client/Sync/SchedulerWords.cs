using OrleansSync.Client.Sync;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>The words of the scheduler's table: what its events and states are, and how a state is reached by events alone.</summary>
internal static class SchedulerWords
{
    public static readonly IReadOnlyDictionary<string, SchedulerEvent> Events = new Dictionary<string, SchedulerEvent>
    {
        ["Started"] = new SchedulerEvent.Started(),
        ["Stopped"] = new SchedulerEvent.Stopped(),
        ["LocalWrite"] = new SchedulerEvent.LocalWrite(),
        ["SubscriptionsChanged"] = new SchedulerEvent.SubscriptionsChanged(),
        ["SyncRequested"] = new SchedulerEvent.SyncRequested(),
        ["SyncAbandoned"] = new SchedulerEvent.SyncAbandoned(),
        ["ConditionsTold no network"] = new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: false)),
        ["ConditionsTold network"] = new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: true)),
        ["ConditionsTold saving"] = new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: true, Saving: true)),
        ["Paused"] = new SchedulerEvent.Paused(),
        ["Resumed"] = new SchedulerEvent.Resumed(),
        ["TimerDue"] = new SchedulerEvent.TimerDue(),
        ["SyncStarted"] = new SchedulerEvent.SyncStarted(),
        ["SyncFinished"] = new SchedulerEvent.SyncFinished(),
        ["PushFinished"] = new SchedulerEvent.PushFinished(Remaining: false),
        ["PushFinished more"] = new SchedulerEvent.PushFinished(Remaining: true),
        ["SessionEnded"] = new SchedulerEvent.SessionEnded(null),
        ["SessionEnded retry"] = Fault(SessionFaultKind.Retry),
        ["SessionEnded unauthenticated"] = Fault(SessionFaultKind.Unauthenticated),
        ["SessionEnded refused"] = Fault(SessionFaultKind.Refused),
        ["CredentialsAnswered token"] = new SchedulerEvent.CredentialsAnswered(HasToken: true),
        ["CredentialsAnswered none"] = new SchedulerEvent.CredentialsAnswered(HasToken: false),
    };

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>The row of an event. What a fault says about the time to come back is no matter of the row, and neither is what a device without a network saves.</summary>
    public static string RowOf(SchedulerEvent what) => Events.Single(word => word.Value == what switch
    {
        SchedulerEvent.SessionEnded { Fault: { } fault } => Fault(fault.Kind),
        SchedulerEvent.ConditionsTold { Now.NetworkAvailable: false } => Events["ConditionsTold no network"],
        _ => what,
    }).Key;

    /// <summary>The column of the state that a world is in.</summary>
    public static string StateOf(SchedulerWorld world) => (world.Scheduler.Mode, world.Scheduler.Phase) switch
    {
        (SchedulerMode.Active, var phase) => $"{phase}",
        (SchedulerMode.Unauthenticated, SessionPhase.None) => world.Asking ? "Asking" : "Unauthenticated",
        (var mode, SessionPhase.None) => $"{mode}",
        (var mode, var phase) => $"{mode} {phase}",
    };

    /// <summary>A world in a state and under conditions, in which an event can come.</summary>
    /// <param name="state">The column.</param>
    /// <param name="given">The condition of a case, or several joined by "and".</param>
    /// <param name="next">What comes next; it chooses between the ways to the state.</param>
    public static SchedulerWorld Reach(string state, string given, SchedulerEvent next)
    {
        var way = new Way(given == "" ? [] : given.Split(" and "), state, next);
        if (next is not SchedulerEvent.Started || state != "None") way.Go(state);
        way.Meet();
        return way.World;
    }

    private static SchedulerEvent.SessionEnded Fault(SessionFaultKind kind) => new(new SessionFault(kind));

    private sealed class Way
    {
        private readonly List<string> _given;
        private readonly SchedulerEvent _next;
        private readonly bool _stillAsks;

        public Way(IEnumerable<string> given, string state, SchedulerEvent next)
        {
            (_given, _next) = ([.. given], next);
            _stillAsks = Takes("still asking") || (next is SchedulerEvent.CredentialsAnswered && state != "Asking");
            World = new SchedulerWorld(SchedulerWorld.Defaults with
            {
                AutoSync = !Takes("manual"),
                Debounce = Takes("no debounce") ? TimeSpan.Zero : SchedulerWorld.Defaults.Debounce,
            });
        }

        public SchedulerWorld World { get; }

        public void Go(string state)
        {
            switch (state)
            {
                case "None": From("Connecting").Fail(SessionFaultKind.Retry, Wait); break;
                case "Connecting": Connect(); break;
                case "Syncing": From("Connecting").Send(new SchedulerEvent.SyncStarted()); break;
                case "Watching": From("Syncing").Send(new SchedulerEvent.SyncFinished()); break;
                case "Pushing":
                    From("Watching").Send(new SchedulerEvent.LocalWrite());
                    World.Advance(3 * Second);
                    break;
                case "Closing" when World.IsAutomatic: From("Paused Closing").Send(new SchedulerEvent.Resumed()); break;
                case "Closing" when Takes("abandoned"): From("Connecting").Send(new SchedulerEvent.SyncAbandoned()); break;
                case "Closing": From("Syncing").Send(new SchedulerEvent.SyncFinished()); break;
                case "Paused" when _next is SchedulerEvent.Started: World.Send(new SchedulerEvent.Paused()); break;
                case "Paused": From("None").Send(new SchedulerEvent.Paused()); break;
                case "Paused Closing": From(Busy).Send(new SchedulerEvent.Paused()); break;
                case "Asking": From("Connecting").Fail(SessionFaultKind.Unauthenticated, Wait); break;
                case "Unauthenticated": From("Asking").Send(new SchedulerEvent.CredentialsAnswered(HasToken: false)); break;
                case "Refused": From("Connecting").Fail(SessionFaultKind.Refused, Wait); break;
                case "Stopped": From("None").Send(new SchedulerEvent.Stopped()); break;
                case "Stopped Closing": From(Busy).Send(new SchedulerEvent.Stopped()); break;
                default: Assert.Fail($"no way to a state '{state}'"); break;
            }

            Assert.Equal(state, StateOf(World));
        }

        /// <summary>Makes the conditions hold that are no part of the way.</summary>
        public void Meet()
        {
            foreach (var condition in _given) Meet(condition);
        }

        private void Meet(string condition)
        {
            switch (condition)
            {
                case "no network": World.Send(Events["ConditionsTold no network"]); break;
                case "saving": World.Send(Events["ConditionsTold saving"]); break;
                case "requested": World.Send(new SchedulerEvent.SyncRequested()); break;
                case "types changed": World.Send(new SchedulerEvent.SubscriptionsChanged()); break;
                case "abandoned": World.Send(new SchedulerEvent.SyncAbandoned()); break;
                case "backoff over": World.Pass(60 * Second); break;
                case "15 min": World.Pass(TimeSpan.FromMinutes(15)); break;
                case "written 3 s ago":
                    World.Send(new SchedulerEvent.LocalWrite());
                    World.Pass(3 * Second);
                    break;
                case "writing for 10 s":
                    for (var i = 0; i < 10; i++)
                    {
                        World.Send(new SchedulerEvent.LocalWrite());
                        World.Pass(Second);
                    }

                    break;
                case "asked to wait" or "new token": break;
                default: Assert.Fail($"no such condition: '{condition}'"); break;
            }
        }

        private TimeSpan? Wait => _given.Contains("asked to wait") ? 90 * Second : null;

        /// <summary>The busy state that the next event can come out of after the session was told to end.</summary>
        private string Busy => _next is SchedulerEvent.PushFinished ? "Pushing" : "Syncing";

        private SchedulerWorld From(string state)
        {
            Go(state);
            return World;
        }

        private void Connect()
        {
            World.Send(new SchedulerEvent.Started());
            if (!World.IsAutomatic) World.Send(new SchedulerEvent.SyncRequested());
            if (_given.Contains("new token"))
            {
                World.Fail(SessionFaultKind.Unauthenticated);
                World.Send(new SchedulerEvent.CredentialsAnswered(HasToken: true));
            }
            else if (_stillAsks)
            {
                World.Fail(SessionFaultKind.Unauthenticated);
                World.Send(new SchedulerEvent.Paused());
                World.Send(new SchedulerEvent.Resumed());
            }
        }

        private bool Takes(string condition) => _given.Remove(condition);
    }
}
