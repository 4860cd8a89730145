namespace OrleansSync.Client.Sync;

/// <summary>What happened, as the scheduler needs to know it.</summary>
internal abstract record SchedulerEvent
{
    private SchedulerEvent()
    {
    }

    /// <summary>Syncing may begin by itself.</summary>
    public sealed record Started : SchedulerEvent;

    /// <summary>The store is closing; final.</summary>
    public sealed record Stopped : SchedulerEvent;

    /// <summary>Operations were appended to the log.</summary>
    public sealed record LocalWrite : SchedulerEvent;

    /// <summary>The types that are held are others: what is open reads the wrong ones.</summary>
    public sealed record SubscriptionsChanged : SchedulerEvent;

    /// <summary>A caller wants everything pushed and pulled now.</summary>
    public sealed record SyncRequested : SchedulerEvent;

    /// <summary>Every caller that wanted it has gone.</summary>
    public sealed record SyncAbandoned : SchedulerEvent;

    /// <summary>The device told its conditions; also where they are as before.</summary>
    public sealed record ConditionsTold(DeviceConditions Now) : SchedulerEvent;

    public sealed record Paused : SchedulerEvent;

    public sealed record Resumed : SchedulerEvent;

    /// <summary>The time that <see cref="Scheduler.WakeAfter"/> named is there; early and late ones do no harm.</summary>
    public sealed record TimerDue : SchedulerEvent;

    /// <summary>The session begins a full sync: all that was written before is in it.</summary>
    public sealed record SyncStarted : SchedulerEvent;

    /// <summary>The full sync is done; the session now watches, or ends.</summary>
    public sealed record SyncFinished : SchedulerEvent;

    /// <summary>A push is done. <paramref name="Remaining"/>: operations are left that another push can send.</summary>
    public sealed record PushFinished(bool Remaining) : SchedulerEvent;

    /// <summary>The session is over; <paramref name="Fault"/> is <c>null</c> where it was asked to end.</summary>
    public sealed record SessionEnded(SessionFault? Fault) : SchedulerEvent;

    /// <summary>The credentials answered: with a token to try, or none.</summary>
    public sealed record CredentialsAnswered(bool HasToken) : SchedulerEvent;
}

/// <summary>What a fault means for syncing.</summary>
internal enum SessionFaultKind
{
    /// <summary>Try again after a while.</summary>
    Retry,

    /// <summary>The credentials were refused, or there are none.</summary>
    Unauthenticated,

    /// <summary>The server will not serve this device or this version; trying again by itself is no use.</summary>
    Refused,
}

/// <summary>Why a session ended.</summary>
/// <param name="Kind">What it means for syncing.</param>
/// <param name="RetryAfter">The server asked not to come back earlier.</param>
internal readonly record struct SessionFault(SessionFaultKind Kind, TimeSpan? RetryAfter = null);
