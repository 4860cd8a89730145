using System.Diagnostics.CodeAnalysis;

namespace OrleansSync.Convergence.Tests.Scheduling;

/// <summary>
/// Runs a whole system on one thread: of all continuations that are ready the dice choose the next, and when none is, time
/// jumps to the next timer. So a run is a function of its seed. Code that leaves the thread is found out.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The timers end with the run.")]
internal sealed class SeededScheduler(Dice dice) : SynchronizationContext
{
    private const int MaxSteps = 400_000;

    private readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];
    private readonly PriorityQueue<Action, (long At, long Order)> _timers = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _order;
    private string? _fault;

    /// <summary>Virtual time since the start of the run, in ticks.</summary>
    public long Now { get; private set; }

    public int Steps { get; private set; }

    /// <summary>What went wrong with the scheduling or with what was started here; <c>null</c>: nothing.</summary>
    public string? Fault => _fault ?? (Steps >= MaxSteps ? $"more than {MaxSteps} steps: something goes in circles" : null);

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            // A run that is no function of its seed proves nothing.
            _fault ??= $"posted from another thread: {Environment.StackTrace}";
            return;
        }

        _ready.Add((d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing may block here.");

    public override SynchronizationContext CreateCopy() => this;

    public void After(TimeSpan delay, Action action) =>
        _timers.Enqueue(action, (Now + Math.Max(0, delay.Ticks), _order++));

    public Task DelayAsync(TimeSpan delay)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        After(delay, done.SetResult);
        return done.Task;
    }

    /// <summary>Starts something nobody awaits; its end by an exception is a fault of the run.</summary>
    public void Start(string name, Func<Task> work) => Post(_ => _ = RunAsync(name, work), null);

    /// <summary>Runs until the condition holds; false: nothing is left to do, time is over, or there is a fault.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        var before = Current;
        SetSynchronizationContext(this);
        var end = Now + limit.Ticks;
        try
        {
            while (!condition())
            {
                if (_fault is not null || ++Steps >= MaxSteps || !Step(end)) return false;
            }

            return true;
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private async Task RunAsync(string name, Func<Task> work)
    {
        try
        {
            await work();
        }
#pragma warning disable CA1031 // Nobody awaits it: the run fails by it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _fault ??= $"{name}: {exception}";
        }
    }

    private bool Step(long end)
    {
        if (_ready.Count > 0)
        {
            var index = dice.Below(_ready.Count);
            var (callback, state) = _ready[index];
            _ready[index] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            callback(state);
            return true;
        }

        if (!_timers.TryPeek(out var action, out var due) || due.At > end) return false;
        _timers.Dequeue();
        Now = due.At;
        action();
        return true;
    }
}
