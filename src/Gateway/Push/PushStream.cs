using System.Threading.Channels;
using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Gateway.Services;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Push;

/// <summary>
/// One push stream: takes batches while earlier ones are being committed, and acknowledges them in the order they came.
/// Whatever ends it, the acknowledgements of the batches before are written first.
/// </summary>
internal sealed class PushStream(
    PushMessages messages, IServerStreamWriter<PushResponse> responses, BatchIntake intake, int window, ILogger logger)
{
    private readonly Channel<TakenBatch> _taken = Channel.CreateBounded<TakenBatch>(
        new BoundedChannelOptions(window) { SingleReader = true, SingleWriter = true });

    private int _unacknowledged;

    /// <summary>Ends when the device has sent its last batch and each is acknowledged.</summary>
    public async Task RunAsync(CancellationToken ended, CancellationToken cancelled)
    {
        await responses.WriteUntilAsync(new PushResponse { Window = new PushWindow { Batches = window } }, ended);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(ended);
        var acknowledging = AcknowledgeAsync(reading, cancelled);
        try
        {
            await TakeAsync(reading.Token);
        }
        finally
        {
            // Where both fail, this one speaks: a batch that was not acknowledged came before the one that could not be taken.
            _taken.Writer.Complete();
            await acknowledging;
        }
    }

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        for (long expected = 1; await messages.NextBatchAsync(cancellationToken) is { } batch; expected++)
        {
            if (batch.Number != expected) throw SyncErrors.BatchNumber(batch.Number, expected);
            if (Interlocked.Increment(ref _unacknowledged) > window)
            {
                Log.WindowExceeded(logger, window);
                throw SyncErrors.WindowExceeded(window);
            }

            await _taken.Writer.WriteAsync(intake.Take(batch), cancellationToken);
        }
    }

    private async Task AcknowledgeAsync(CancellationTokenSource reading, CancellationToken cancelled)
    {
        try
        {
            await foreach (var batch in _taken.Reader.ReadAllAsync(cancelled))
            {
                var reply = await batch.Reply.WaitAsync(cancelled);
                if (intake.ErrorOf(batch, reply) is { } error) throw error;
                var acknowledgement = Acknowledgements.Of(batch, reply);
                batch.HasOutcomes = true;
                Log.Acknowledged(logger, reply.Outcomes);
                // Before the write: the device may send the next batch as soon as it has read this.
                Interlocked.Decrement(ref _unacknowledged);
                await responses.WriteUntilAsync(new PushResponse { Acknowledgement = acknowledgement }, cancelled);
                Log.BatchAcknowledged(logger, reply.Outcomes.Length);
            }
        }
        catch
        {
            await reading.CancelAsync();
            throw;
        }
    }
}

/// <summary>A batch on its way: its number, and what the user's change log will answer.</summary>
internal sealed class TakenBatch(long number, IReadOnlySet<EntityKey> entities, Task<PushReply> reply)
{
    private volatile bool _hasOutcomes;

    public long Number { get; } = number;

    public IReadOnlySet<EntityKey> Entities { get; } = entities;

    public Task<PushReply> Reply { get; } = reply;

    /// <summary>It is no longer in flight.</summary>
    public bool HasOutcomes
    {
        get => _hasOutcomes;
        set => _hasOutcomes = value;
    }
}
