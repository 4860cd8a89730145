namespace OrleansSync.Client.Sync;

/// <summary>
/// Decides when to sync: a pure state machine. Events come in, at most one action goes out, and <see cref="WakeAfter"/>
/// tells when to come back. It reads time and randomness only from what it was given, and does nothing itself.
/// </summary>
/// <remarks>
/// There is one session at most, and one push or full sync at most within it: that is <see cref="Phase"/>. Whoever runs the
/// actions reports back, and only the report moves the phase on. Not thread-safe: events come one at a time.
/// </remarks>
internal sealed class Scheduler(SchedulerSettings settings, TimeProvider time, Random random)
{
    private readonly long _origin = time.GetTimestamp();
    private readonly Backoff _backoff = new(settings.MinBackoff, settings.MaxBackoff, random);
    private readonly WriteDebounce _writes = new();

    private bool _started;
    private bool _syncWanted;
    private bool _abandoned;
    private bool _askingCredentials;
    private bool _newTokenTried;
    private TimeSpan _retryAt;
    private TimeSpan _triedAt;
    private TimeSpan _serverFloor;
    private TimeSpan _lastSync;
    private TimeSpan? _watchingSince;
    private DeviceConditions _conditions = new(NetworkAvailable: true);

    public SchedulerMode Mode { get; private set; }

    public SessionPhase Phase { get; private set; }

    /// <summary>The quiet time after a write that there has to be before a push.</summary>
    public TimeSpan Quiet => _conditions.Saving ? Max(settings.Debounce, settings.SavingDebounce) : settings.Debounce;

    /// <summary>Nothing is under way: only time, or an event from outside, brings the next action.</summary>
    public bool IsAtRest => Phase is SessionPhase.None or SessionPhase.Watching && !_askingCredentials;

    /// <summary>A sync was asked for, and waits for the time that the server has named.</summary>
    public bool IsPostponed => _syncWanted && Phase == SessionPhase.None && Mode == SchedulerMode.Active;

    private bool Automatic => _started && settings.AutoSync;

    private TimeSpan Now => time.GetElapsedTime(_origin);

    private TimeSpan? PushDue => _writes.DueAfter(
        Quiet, _conditions.Saving ? Max(settings.MaxDebounce, settings.SavingDebounce) : settings.MaxDebounce);

    // Without a network a try is wasted, unless the device is wrong about it.
    private TimeSpan RetryDue => _conditions.NetworkAvailable ? _retryAt : Max(_retryAt, _triedAt + settings.Periodic);

    private TimeSpan PeriodicDue => _lastSync + settings.Periodic;

    /// <summary>How long until <see cref="SchedulerEvent.TimerDue"/> is to be sent; <c>null</c>: only another event can change anything.</summary>
    public TimeSpan? WakeAfter => NextDue() is { } due ? due > Now ? due - Now : TimeSpan.Zero : null;

    public SchedulerAction Handle(SchedulerEvent what)
    {
        if (Mode == SchedulerMode.Stopped && what is not SchedulerEvent.SessionEnded) return SchedulerAction.None;
        Apply(what);
        return Decide();
    }

    private void Apply(SchedulerEvent what)
    {
        switch (what)
        {
            case SchedulerEvent.Started: _started = true; break;
            case SchedulerEvent.Stopped: Mode = SchedulerMode.Stopped; break;
            case SchedulerEvent.LocalWrite: _writes.OnWrite(Now); break;
            case SchedulerEvent.SubscriptionsChanged: _lastSync = Now - settings.Periodic; break;
            case SchedulerEvent.SyncRequested: OnSyncRequested(); break;
            case SchedulerEvent.SyncAbandoned: (_syncWanted, _abandoned) = (false, true); break;
            case SchedulerEvent.ConditionsTold told: OnConditions(told.Now); break;
            case SchedulerEvent.Paused: OnPaused(); break;
            case SchedulerEvent.Resumed: OnResumed(); break;
            case SchedulerEvent.TimerDue: break;
            case SchedulerEvent.SyncStarted: OnSyncStarted(); break;
            case SchedulerEvent.SyncFinished: OnSyncFinished(); break;
            case SchedulerEvent.PushFinished finished: OnPushFinished(finished.Remaining); break;
            case SchedulerEvent.SessionEnded ended: OnSessionEnded(ended.Fault); break;
            case SchedulerEvent.CredentialsAnswered answered: OnCredentialsAnswered(answered.HasToken); break;
            default: throw new ArgumentOutOfRangeException(nameof(what), what, "unknown event");
        }
    }

    private SchedulerAction Decide()
    {
        if (NextDue() is not { } due || due > Now) return SchedulerAction.None;
        switch (Phase)
        {
            case SessionPhase.None when Mode == SchedulerMode.Unauthenticated:
                _askingCredentials = true;
                return SchedulerAction.AskCredentials;
            case SessionPhase.None:
                (Phase, _abandoned, _watchingSince, _triedAt) = (SessionPhase.Connecting, false, null, Now);
                return SchedulerAction.OpenSession;
            case SessionPhase.Watching when Mode == SchedulerMode.Active && (_syncWanted || PeriodicDue <= Now):
                Phase = SessionPhase.Syncing;
                return SchedulerAction.Sync;
            case SessionPhase.Watching when Mode == SchedulerMode.Active:
                Phase = SessionPhase.Pushing;
                _writes.Clear();
                return SchedulerAction.Push;
            default:
                Phase = SessionPhase.Closing;
                return SchedulerAction.CloseSession;
        }
    }

    /// <summary>When the next action is due; <c>null</c>: not before something happens.</summary>
    private TimeSpan? NextDue() => Phase switch
    {
        SessionPhase.Closing => null,
        SessionPhase.None => Mode switch
        {
            SchedulerMode.Active when _syncWanted => _serverFloor,
            SchedulerMode.Active when Automatic => Max(RetryDue, _serverFloor),
            SchedulerMode.Unauthenticated when !_askingCredentials && _syncWanted => TimeSpan.Zero,
            SchedulerMode.Unauthenticated when !_askingCredentials && Automatic => _retryAt,
            _ => null,
        },
        _ when Mode != SchedulerMode.Active => TimeSpan.Zero,
        SessionPhase.Watching when _syncWanted => TimeSpan.Zero,
        SessionPhase.Watching => PushDue is { } push ? Min(push, PeriodicDue) : PeriodicDue,
        // Nobody waits for the one sync that this session is for.
        SessionPhase.Connecting or SessionPhase.Syncing when !Automatic && _abandoned => TimeSpan.Zero,
        _ => null,
    };

    private void OnSyncRequested()
    {
        if (Mode == SchedulerMode.Paused) return;
        (_syncWanted, _abandoned) = (true, false);
        // Somebody asks on purpose: what was refused before may be served now.
        if (Mode == SchedulerMode.Refused) Mode = SchedulerMode.Active;
    }

    private void OnConditions(DeviceConditions now)
    {
        if (now.NetworkAvailable && !_conditions.NetworkAvailable)
        {
            // What failed before failed for want of a network.
            _backoff.Reset();
            _retryAt = Now;
        }

        _conditions = now;
    }

    private void OnPaused()
    {
        Mode = SchedulerMode.Paused;
        // Those who waited for a sync are told.
        (_syncWanted, _abandoned) = (false, true);
    }

    private void OnResumed()
    {
        if (Mode == SchedulerMode.Active) return;
        Mode = SchedulerMode.Active;
        _backoff.Reset();
        _retryAt = Now;
    }

    private void OnSyncStarted()
    {
        if (Phase != SessionPhase.Closing) Phase = SessionPhase.Syncing;
        _writes.Clear();
        _syncWanted = false;
        _lastSync = Now;
    }

    private void OnSyncFinished()
    {
        _newTokenTried = false;
        _watchingSince = Now;
        // Without automatic syncing a session is one full sync; it ends by itself.
        if (Phase != SessionPhase.Closing) Phase = Automatic ? SessionPhase.Watching : SessionPhase.Closing;
    }

    private void OnPushFinished(bool remaining)
    {
        if (Phase == SessionPhase.Pushing) Phase = SessionPhase.Watching;
        if (remaining && PushDue is null) _writes.OnWrite(Now);
    }

    private void OnSessionEnded(SessionFault? ended)
    {
        Phase = SessionPhase.None;
        if (ended is not { } fault)
        {
            if (_watchingSince is not null) _backoff.Reset();
            return;
        }

        // Only a connection that outlasted the delays before it ends the run of failures: one that syncs and then falls
        // over at once, again and again, still backs off.
        if (_watchingSince is { } since && Now - since >= _backoff.Ceiling) _backoff.Reset();
        _retryAt = Now + _backoff.NextDelay();
        _serverFloor = Now + Min(fault.RetryAfter ?? TimeSpan.Zero, settings.Periodic);
        if (fault.Kind == SessionFaultKind.Unauthenticated && !_newTokenTried)
        {
            _retryAt = Now;
            _syncWanted |= !Automatic && !_abandoned;
        }
        else
        {
            // Those who waited for a sync are told of the fault.
            _syncWanted = false;
        }

        if (Mode != SchedulerMode.Active) return;
        Mode = fault.Kind switch
        {
            SessionFaultKind.Unauthenticated => SchedulerMode.Unauthenticated,
            SessionFaultKind.Refused => SchedulerMode.Refused,
            _ => SchedulerMode.Active,
        };
    }

    private void OnCredentialsAnswered(bool hasToken)
    {
        _askingCredentials = false;
        if (Mode != SchedulerMode.Unauthenticated) return;
        if (hasToken)
        {
            (Mode, _newTokenTried, _retryAt) = (SchedulerMode.Active, true, Now);
        }
        else
        {
            (_syncWanted, _retryAt) = (false, Now + _backoff.NextDelay());
        }
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
