using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Users;

/// <summary>
/// The change log of one scope: puts operations in order, commits them in rounds, and answers each caller with outcomes
/// that are durable. Several owners may exist for a while; the store lets only the one with the latest claim commit.
/// Safe to call concurrently; its one loop runs while there is something to do.
/// </summary>
public sealed class ChangeLog
{
    private readonly Lock _lock = new();
    private readonly ChangeLogContext _context;
    private readonly PushQueue _queue;
    private readonly Answers _answers;
    private readonly RoundBuilder _builder;
    private readonly CommitLoop _loop;
    private Task _running = Task.CompletedTask;
    private bool _isRunning;
    private bool _isStopping;

    /// <param name="context">What it works with.</param>
    /// <param name="onCommit">Told of each commit after its callers are answered; must not block or throw.</param>
    public ChangeLog(ChangeLogContext context, Action<CommitNotice> onCommit)
    {
        _context = context;
        _queue = new PushQueue(context.Options.Limits);
        var state = new LogState(context.Options.MaxAbandoned);
        var deduplication = new Deduplication(context.Store, context.Scope, state);
        _answers = new Answers(context, state, _queue, deduplication, onCommit);
        _builder = new RoundBuilder(context, state, _queue, deduplication, _answers);
        _loop = new CommitLoop(context, state, _builder, new RoundRunner(context, state), _answers);
    }

    /// <summary>Queues a batch; ends when it is answered, which for outcomes is after they are durable.</summary>
    public Task<PushReply> PushAsync(PushBatch batch) => EnqueueAsync(new PendingBatch(batch));

    /// <summary>The same for a write of server code.</summary>
    public Task<PushReply> WriteAsync(WriteRequest write) => EnqueueAsync(new PendingBatch(write));

    /// <summary>A device was registered, revoked or has changed: the next round asks the store about them.</summary>
    public void OnDevicesChanged() => _builder.OnDevicesChanged();

    /// <summary>Takes nothing more; ends when all that was queued is answered.</summary>
    public Task StopAsync()
    {
        lock (_lock)
        {
            _isStopping = true;
            return _running;
        }
    }

    private Task<PushReply> EnqueueAsync(PendingBatch pending)
    {
        lock (_lock)
        {
            if (_isStopping) return Task.FromResult(_answers.NoOutcome(PushStatus.Unavailable));
            if (pending.Operations.Count == 0) return Task.FromResult(_answers.NoOutcome(PushStatus.Done));
            if (!_queue.TryEnqueue(pending)) return Task.FromResult(_answers.NoOutcome(PushStatus.Overloaded));
            if (!_isRunning)
            {
                _isRunning = true;
                _running = RunAsync();
            }
        }

        return pending.Reply;
    }

    private async Task RunAsync()
    {
        // The caller holds the lock; the first round must not begin under it.
        await Task.Yield();
        while (true)
        {
            try
            {
                if (await _loop.RunOnceAsync()) continue;
            }
#pragma warning disable CA1031 // A fault of this code must not leave callers without an answer.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _context.Logger.LoopFailed(exception);
                _loop.FailAll();
            }

            lock (_lock)
            {
                if (!_queue.IsEmpty) continue;
                _isRunning = false;
                return;
            }
        }
    }
}
