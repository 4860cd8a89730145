using Microsoft.Extensions.Logging;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store;
using OrleansSync.Client.Sync.Reconciling;
using OrleansSync.Client.Transport;

namespace OrleansSync.Client.Sync;

/// <summary>
/// Carries the operation log to the gateway and the server's changes back, for as long as it is started. It runs what the
/// <see cref="Scheduler"/> orders and tells it what came of it; it decides nothing itself. All state is under one lock,
/// which is never held while something is awaited.
/// </summary>
internal sealed class SyncEngine : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ILogger _logger;
    private readonly SyncStoreOptions _options;
    private readonly EventHub _events;
    private readonly GatewayConnection _connection;
    private readonly StatusTracker _status;
    private readonly SessionHost _session;
    private readonly Scheduler _scheduler;
    private readonly SyncRequests _requests = new();
    private readonly Reconciliation _reconciliation;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _closing = new();

    private Task _asking = Task.CompletedTask;
    private SyncException? _lastFailure;
    private TaskCompletionSource? _changed;
    private volatile bool _sendsAtOnce;
    private bool _started;
    private bool _toldSignedOut;
    private bool _disposed;

    public SyncEngine(ILocalLog log, ServerRows rows, EventHub events, SyncStoreOptions options)
    {
        if (options is not { Gateway: { } gateway, Credentials: { } credentials })
            throw new ArgumentException("A gateway and credentials are needed to sync.", nameof(options));
        (_options, _events) = (options, events);
        _logger = new TolerantLogger(options.LoggerFactory.CreateLogger("OrleansSync.Client"));
        if (gateway.Scheme == Uri.UriSchemeHttp && !gateway.IsLoopback) Log.Unencrypted(_logger, SyncErrorCodes.Address(gateway));
        _connection = new GatewayConnection(gateway, credentials, options);
        _status = new StatusTracker(log, options.TimeProvider);
        var reader = new ChangeReader(_connection, log, _status, options.TimeProvider, _logger);
        _reconciliation = new Reconciliation(_connection, rows, reader, _status, options, _logger);
        var parts = new SessionParts(
            log,
            new Handshaker(_connection, log, options, _logger),
            new PushPump(_connection, log, _status, _logger),
            reader,
            _reconciliation,
            _status,
            options.TimeProvider);
        _session = new SessionHost(parts, OnProgress, OnSessionEnded);
        // Spreads devices, guards nothing: any generator does.
        _scheduler = new Scheduler(SchedulerSettings.From(options), options.TimeProvider, new Random());
        _timer = options.TimeProvider.CreateTimer(_ => Dispatch(new SchedulerEvent.TimerDue()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public SyncStatus Status => _status.Current;

    /// <summary>The status is another one, for other reasons than the log. Must return fast.</summary>
    public event Action? StatusChanged
    {
        add => _status.Changed += value;
        remove => _status.Changed -= value;
    }

    /// <summary>It is connected, and does not wait for further writes before it sends one.</summary>
    public bool SendsAtOnce => _sendsAtOnce;

    /// <summary>Starts syncing in the background; returns at once.</summary>
    public void Start()
    {
        if (_options.Conditions is { } conditions) conditions.Changed += OnConditions;
        OnConditions();
        lock (_gate)
        {
            _started = true;
            Handle(new SchedulerEvent.Started());
        }
    }

    /// <summary>What it is doing at this moment.</summary>
    public SyncMoment Observe()
    {
        lock (_gate)
        {
            _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new SyncMoment(
                _disposed || _scheduler.IsAtRest,
                !_disposed && _scheduler.Phase != SessionPhase.None,
                _scheduler.IsPostponed,
                _scheduler.WakeAfter is null ? null : UntilWake(),
                _changed.Task);
        }
    }

    /// <summary>Operations were appended to the log.</summary>
    public void OnLocalWrite() => Dispatch(new SchedulerEvent.LocalWrite());

    /// <summary>The types that are held are others.</summary>
    public void OnSubscriptions() => Dispatch(new SchedulerEvent.SubscriptionsChanged());

    /// <summary>
    /// Pushes everything pending and pulls to the head; returns when both are done. Callers at the same time share the work. The backoff
    /// after failures is skipped; a time that the server named is not.
    /// </summary>
    /// <exception cref="SyncException">The gateway could not be reached or refused; syncing is paused; the store was closed.</exception>
    public async Task SyncNowAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        SharedSync joined;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_scheduler.Mode == SchedulerMode.Paused) throw SyncErrorCodes.IsPaused();
            joined = _requests.Join();
            Handle(new SchedulerEvent.SyncRequested());
        }

        try
        {
            await joined.Done.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            lock (_gate)
            {
                if (_requests.Leave(joined)) Handle(new SchedulerEvent.SyncAbandoned());
            }

            throw;
        }
    }

    /// <summary>A full sync that compares all rows with the server's, whenever that was done last.</summary>
    /// <exception cref="SyncException">As of <see cref="SyncNowAsync"/>; or the server is of a version that does not compare.</exception>
    public async Task<ReconcileReport> ReconcileAsync(CancellationToken cancellationToken)
    {
        // Before the sync is asked for, so that the one that serves it finds this.
        var request = _reconciliation.Requests.Join();
        try
        {
            await SyncNowAsync(cancellationToken);
            return await request.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _reconciliation.Requests.Leave(request);
        }
    }

    public void Pause()
    {
        lock (_gate)
        {
            _requests.Fail(SyncErrorCodes.IsPaused());
            Handle(new SchedulerEvent.Paused());
        }
    }

    public void Resume() => Dispatch(new SchedulerEvent.Resumed());

    /// <summary>Ends the streams; what they had in flight is pending again when this returns.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            _requests.Fail(SyncErrorCodes.StoreClosed());
            Handle(new SchedulerEvent.Stopped());
        }

        if (_options.Conditions is { } conditions) conditions.Changed -= OnConditions;
        await _closing.CancelAsync();
        await _timer.DisposeAsync();
        await _session.DisposeAsync();
        await _asking;
        _connection.Dispose();
        _closing.Dispose();
    }

    private void OnConditions()
    {
        if (_options.Conditions?.Current is not { } now) return;
        Dispatch(new SchedulerEvent.ConditionsTold(now with { NetworkAvailable = now.NetworkAvailable || _options.Gateway!.IsLoopback }));
    }

    private void Dispatch(SchedulerEvent what)
    {
        lock (_gate) Handle(what);
    }

    /// <summary>Under the lock.</summary>
    private SchedulerAction Handle(SchedulerEvent what)
    {
        var (mode, phase) = (_scheduler.Mode, _scheduler.Phase);
        var action = _scheduler.Handle(what);
        Obey(action);
        if (!_disposed) _timer.Change(UntilWake(), Timeout.InfiniteTimeSpan);
        _sendsAtOnce = _scheduler.Quiet == TimeSpan.Zero
            && _scheduler is { Mode: SchedulerMode.Active, Phase: SessionPhase.Watching or SessionPhase.Pushing };
        _changed?.SetResult();
        _changed = null;
        if ((mode, phase) == (_scheduler.Mode, _scheduler.Phase)) return action;
        Log.StateChanged(_logger, _scheduler.Mode, _scheduler.Phase);
        _status.SetConnection(Connection());
        return action;
    }

    /// <summary>Under the lock. Starts things and waits for nothing.</summary>
    private void Obey(SchedulerAction action)
    {
        switch (action)
        {
            case SchedulerAction.OpenSession: _session.Open(watch: _options.AutoSync && _started); break;
            case SchedulerAction.Push: _session.Order(SessionOrder.Push); break;
            case SchedulerAction.Sync: _session.Order(SessionOrder.Sync); break;
            case SchedulerAction.CloseSession: _session.Close(); break;
            case SchedulerAction.AskCredentials: _asking = Task.Run(AskCredentialsAsync); break;
            default: break;
        }
    }

    private void OnProgress(SchedulerEvent what)
    {
        lock (_gate)
        {
            if (what is SchedulerEvent.SyncStarted) _requests.Begin();
            if (what is SchedulerEvent.SyncFinished)
            {
                _requests.Complete();
                _status.SetError(null);
                _toldSignedOut = false;
            }

            Handle(what);
        }
    }

    private void OnSessionEnded(Exception? fault)
    {
        if (fault is not null and not SyncException) Log.SessionFaulted(_logger, fault);
        var failure = fault is null ? null : fault as SyncException ?? SyncErrorCodes.UnexpectedFault(fault);
        lock (_gate)
        {
            if (failure is null)
            {
                Handle(new SchedulerEvent.SessionEnded(null));
                return;
            }

            _lastFailure = failure;
            _status.SetError(failure.Message);
            var kind = failure.Fault?.Kind ?? SessionFaultKind.Retry;
            var action = Handle(new SchedulerEvent.SessionEnded(new SessionFault(kind, failure.RetryAfter)));
            Log.SessionFailed(_logger, _scheduler.WakeAfter, failure.Message);
            if (kind == SessionFaultKind.Refused) _events.Raise(RefusalOf(failure));
            // Another token may serve those who wait.
            if (action != SchedulerAction.AskCredentials) _requests.Fail(failure);
        }
    }

    private async Task AskCredentialsAsync()
    {
        var renewed = false;
        try
        {
            renewed = await _connection.Tokens.RenewAsync(_closing.Token);
            if (!renewed) Log.NoToken(_logger);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The store closes.
        }
        catch (Exception exception)
        {
            Log.CredentialsFailed(_logger, exception);
        }

        lock (_gate)
        {
            if (!renewed && _lastFailure is { } refusal)
            {
                _requests.Fail(refusal);
                TellSignedOut(refusal);
            }

            Handle(new SchedulerEvent.CredentialsAnswered(renewed));
        }
    }

    /// <summary>Under the lock. Once, until syncing works again: the credentials are asked again and again.</summary>
    private void TellSignedOut(SyncException refusal)
    {
        if (!_toldSignedOut) _events.Raise(new SyncEvent.SignedOut(refusal.Message));
        _toldSignedOut = true;
    }

    private static SyncEvent RefusalOf(SyncException failure) => failure.Code == SyncErrorCodes.ProtocolVersion
        ? new SyncEvent.UpgradeRequired(failure.Message)
        : new SyncEvent.Refused(failure.Code, failure.Message);

    private SyncConnection Connection() => _scheduler.Mode switch
    {
        SchedulerMode.Paused => SyncConnection.Paused,
        SchedulerMode.Unauthenticated => SyncConnection.Unauthenticated,
        SchedulerMode.Refused => SyncConnection.Refused,
        SchedulerMode.Stopped => SyncConnection.Offline,
        _ => _scheduler.Phase switch
        {
            SessionPhase.Watching or SessionPhase.Pushing => SyncConnection.Online,
            // Watching goes on right after it.
            SessionPhase.Syncing when _status.IsOnline => SyncConnection.Online,
            SessionPhase.Connecting or SessionPhase.Syncing => SyncConnection.Connecting,
            _ => _options.AutoSync && _started ? SyncConnection.Connecting : SyncConnection.Offline,
        },
    };

    /// <summary>In whole milliseconds, rounded up: a timer that fires early would have to be set again.</summary>
    private TimeSpan UntilWake() => _scheduler.WakeAfter is { } wake
        ? TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wake.TotalMilliseconds), uint.MaxValue - 1))
        : Timeout.InfiniteTimeSpan;
}
