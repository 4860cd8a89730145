using Microsoft.Extensions.Time.Testing;
using OrleansSync.Client.Sync;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>
/// What stands around a scheduler in a test: virtual time, a session that does what the scheduler orders, and the rules
/// that every order must keep, checked at each one.
/// </summary>
internal sealed class SchedulerWorld
{
    public static readonly SchedulerSettings Defaults = new(
        AutoSync: true,
        Debounce: TimeSpan.FromSeconds(3),
        MaxDebounce: TimeSpan.FromSeconds(10),
        SavingDebounce: TimeSpan.FromMinutes(1),
        MinBackoff: TimeSpan.FromSeconds(1),
        MaxBackoff: TimeSpan.FromSeconds(60),
        Periodic: TimeSpan.FromMinutes(15));

    private readonly FakeTimeProvider _time = new();
    private readonly SchedulerSettings _settings;
    private TimeSpan? _lastCarried;
    private TimeSpan? _oldestOnItsWay;
    private bool _started;
    private TimeSpan? _faultAt;
    private TimeSpan _faultFloor;
    private bool _onPurpose;

    public SchedulerWorld(SchedulerSettings? settings = null, int seed = 1)
    {
        _settings = settings ?? Defaults;
        Scheduler = new Scheduler(_settings, _time, new Random(seed));
    }

    public Scheduler Scheduler { get; }

    public bool IsAutomatic => _settings.AutoSync;

    /// <summary>Sees every event on its way in, and the action on its way out.</summary>
    public Func<SchedulerEvent, Func<SchedulerAction>, SchedulerAction> Around { get; set; } = static (_, send) => send();

    public TimeSpan Now { get; private set; }

    /// <summary>Every action but <see cref="SchedulerAction.None"/>, with its time.</summary>
    public List<(TimeSpan At, SchedulerAction Action)> Actions { get; } = [];

    /// <summary>A session exists, from its opening to its end.</summary>
    public bool SessionOpen { get; private set; }

    /// <summary>The session was told to end.</summary>
    public bool Closing { get; private set; }

    /// <summary>A push or a full sync is under way.</summary>
    public SchedulerAction? Carrying { get; private set; }

    /// <summary>A full sync was ordered and has not begun.</summary>
    public bool SyncOrdered { get; private set; }

    public bool Asking { get; private set; }

    /// <summary>When the oldest write was made that no push or sync carries, or has carried to its end.</summary>
    public TimeSpan? OldestUncarried { get; private set; }

    /// <summary>What the device last said of itself.</summary>
    public DeviceConditions Conditions { get; private set; } = new(NetworkAvailable: true);

    public int Count(SchedulerAction action) => Actions.Count(taken => taken.Action == action);

    /// <summary>Whether something that runs beside the scheduler can bring this event now.</summary>
    public bool MayCome(SchedulerEvent what) => what switch
    {
        SchedulerEvent.Started => !_started,
        // Also unasked: a watch whose cursor the server refuses goes over into a full sync.
        SchedulerEvent.SyncStarted => SessionOpen && (IsAutomatic || SyncOrdered || Carrying == SchedulerAction.Sync),
        SchedulerEvent.SyncFinished => Carrying == SchedulerAction.Sync,
        SchedulerEvent.PushFinished => Carrying == SchedulerAction.Push,
        // Without automatic syncing a session ends by itself after its sync.
        SchedulerEvent.SessionEnded { Fault: null } => Closing || (SessionOpen && !IsAutomatic && !SyncOrdered && Carrying is null),
        SchedulerEvent.SessionEnded => SessionOpen,
        SchedulerEvent.CredentialsAnswered => Asking,
        _ => true,
    };

    public SchedulerAction Send(SchedulerEvent what)
    {
        Assert.True(MayCome(what), $"{what} cannot come now");
        return Around(what, () =>
        {
            Track(what);
            var action = Scheduler.Handle(what);
            if (action != SchedulerAction.None) Obey(action);
            return action;
        });
    }

    /// <summary>Moves time on, and sends the timer event whenever the scheduler asked for it.</summary>
    public void Advance(TimeSpan by)
    {
        var until = Now + by;
        while (Scheduler.WakeAfter is { } wake && Now + wake <= until)
        {
            Step(wake);
            var before = Actions.Count;
            Send(new SchedulerEvent.TimerDue());
            // A wake that brings no action and asks to be woken at once again would spin.
            Assert.True(Actions.Count > before || Scheduler.WakeAfter is not { } next || next > TimeSpan.Zero, "the timer spins");
        }

        Step(until - Now);
    }

    /// <summary>Time goes by, and the timer is late.</summary>
    public void Pass(TimeSpan by) => Step(by);

    /// <summary>From nothing to watching.</summary>
    public void Connect()
    {
        Assert.Equal(SchedulerAction.OpenSession, Send(new SchedulerEvent.Started()));
        FinishSync();
    }

    public void FinishSync()
    {
        if (Carrying is null) Send(new SchedulerEvent.SyncStarted());
        Send(new SchedulerEvent.SyncFinished());
    }

    public void Fail(SessionFaultKind kind = SessionFaultKind.Retry, TimeSpan? retryAfter = null) =>
        Send(new SchedulerEvent.SessionEnded(new SessionFault(kind, retryAfter)));

    private void Step(TimeSpan by)
    {
        Now += by;
        _time.Advance(by);
    }

    private void Track(SchedulerEvent what)
    {
        switch (what)
        {
            case SchedulerEvent.Started:
                _started = true;
                break;
            case SchedulerEvent.LocalWrite:
                OldestUncarried ??= Now;
                break;
            case SchedulerEvent.SyncRequested or SchedulerEvent.Resumed:
                _onPurpose = true;
                break;
            case SchedulerEvent.ConditionsTold told:
                // Without a network the next try may be as far away as the periodic one; with a new one it comes at once.
                _onPurpose |= told.Now.NetworkAvailable != Conditions.NetworkAvailable;
                Conditions = told.Now;
                break;
            case SchedulerEvent.SyncStarted:
                Carry(SchedulerAction.Sync);
                break;
            case SchedulerEvent.SyncFinished or SchedulerEvent.PushFinished:
                (Carrying, _oldestOnItsWay) = (null, null);
                break;
            case SchedulerEvent.SessionEnded ended:
                // What it carried may not have arrived.
                (OldestUncarried, _oldestOnItsWay) = (_oldestOnItsWay ?? OldestUncarried, null);
                (SessionOpen, Closing, SyncOrdered, Carrying) = (false, false, false, null);
                _faultAt = ended.Fault is { Kind: SessionFaultKind.Retry } ? Now : null;
                _faultFloor = ended.Fault?.RetryAfter ?? TimeSpan.Zero;
                _onPurpose = false;
                break;
            case SchedulerEvent.CredentialsAnswered:
                Asking = false;
                break;
        }
    }

    private void Carry(SchedulerAction what)
    {
        (Carrying, SyncOrdered) = (what, false);
        (_oldestOnItsWay, OldestUncarried) = (_oldestOnItsWay ?? OldestUncarried, null);
        _lastCarried = Now;
    }

    private void Obey(SchedulerAction action)
    {
        Actions.Add((Now, action));
        switch (action)
        {
            case SchedulerAction.OpenSession:
                Assert.False(SessionOpen, "a second session");
                if (_faultAt is { } at) CheckBackoff(Now - at);
                (SessionOpen, SyncOrdered) = (true, true);
                break;
            case SchedulerAction.Push:
                Assert.True(SessionOpen && !Closing && !SyncOrdered && Carrying is null, "a push beside another one, or without a session");
                Assert.True(_lastCarried is not { } last || Now - last >= _settings.Debounce, "pushes closer than the debounce");
                Assert.True(
                    !Conditions.Saving || _lastCarried is not { } before || Now - before >= _settings.SavingDebounce, "pushes closer than saving wants them");
                Carry(SchedulerAction.Push);
                break;
            case SchedulerAction.Sync:
                Assert.True(SessionOpen && !Closing && !SyncOrdered && Carrying is null, "a sync beside another one, or without a session");
                SyncOrdered = true;
                break;
            case SchedulerAction.CloseSession:
                Assert.True(SessionOpen && !Closing, "closed twice, or nothing to close");
                Closing = true;
                break;
            case SchedulerAction.AskCredentials:
                Assert.False(SessionOpen || Asking, "asked twice, or while connected");
                Asking = true;
                break;
        }
    }

    private void CheckBackoff(TimeSpan waited)
    {
        Assert.True(waited >= _faultFloor, $"waited {waited}, the server asked for {_faultFloor}");
        if (_onPurpose || !Conditions.NetworkAvailable) return;
        var longest = _faultFloor > _settings.MaxBackoff ? _faultFloor : _settings.MaxBackoff;
        Assert.True(waited <= longest, $"waited {waited}, longer than {longest}");
    }
}
