using OrleansSync.Convergence.Tests.Scheduling;

namespace OrleansSync.Convergence.Tests.Network;

/// <summary>The stream broke without an answer of the other side.</summary>
internal sealed class StreamCutException : Exception;

/// <summary>
/// One direction of a stream: messages arrive in order, each after a delay. A cut loses what is on its way, and the reader
/// hears of it.
/// </summary>
internal sealed class Wire<T>(SeededScheduler scheduler, Dice dice)
{
    private readonly Queue<T> _arrived = [];
    private TaskCompletionSource? _reader;
    private Exception? _end;
    private bool _completed;
    private long _last;

    public void Send(T message) => Deliver(() => _arrived.Enqueue(message));

    /// <summary>Nothing more follows; with a status the reader gets it after what was sent.</summary>
    public void End(Exception? status = null) => Deliver(() =>
    {
        _end ??= status;
        _completed = true;
    });

    public void Cut()
    {
        _end ??= new StreamCutException();
        Wake();
    }

    /// <summary>False: the other side has ended the stream.</summary>
    public async Task<(bool Any, T Message)> NextAsync()
    {
        while (true)
        {
            if (_end is StreamCutException) throw new StreamCutException();
            if (_arrived.TryDequeue(out var message)) return (true, message);
            if (_end is not null) throw _end;
            if (_completed) return (false, default!);
            _reader = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await _reader.Task;
        }
    }

    private void Deliver(Action arrive)
    {
        if (_end is not null) return;
        _last = Math.Max(_last, scheduler.Now + dice.Delay(20, 800).Ticks);
        scheduler.After(TimeSpan.FromTicks(_last - scheduler.Now), () =>
        {
            if (_end is not null) return;
            arrive();
            Wake();
        });
    }

    private void Wake()
    {
        var reader = _reader;
        _reader = null;
        reader?.SetResult();
    }
}

/// <summary>Both directions of a stream; they are cut together.</summary>
internal sealed class Duplex<TUp, TDown>(SeededScheduler scheduler, Dice dice)
{
    public Wire<TUp> Up { get; } = new(scheduler, dice);

    public Wire<TDown> Down { get; } = new(scheduler, dice);

    public void Cut()
    {
        Up.Cut();
        Down.Cut();
    }
}
