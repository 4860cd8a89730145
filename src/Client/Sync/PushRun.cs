using Microsoft.Extensions.Logging;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Transport;
using OrleansSync.Protocol.V1;
using OperationBatch = OrleansSync.Client.OpLog.OperationBatch;

namespace OrleansSync.Client.Sync;

/// <summary>
/// One push over one stream: sends batches up to the server's window, and records the acknowledgements in order. Whatever ends it,
/// <see cref="Unanswered"/> holds the batches whose outcome is not known.
/// </summary>
internal sealed class PushRun(ILocalLog log, SessionGrant grant, PushProgress progress, StatusTracker status, ILogger logger)
{
    private readonly Queue<OperationBatch> _unanswered = new();

    // The log has more that can leave, as far as the last look at it told.
    private bool _mayBeMore = true;

    /// <summary>In the order sent.</summary>
    public IReadOnlyList<OperationBatch> Unanswered => [.. _unanswered];

    /// <summary>Returns when there is nothing more to send and all that was sent is answered.</summary>
    /// <param name="open">The stream, asked for once there is something to send.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task RunAsync(Func<CancellationToken, Task<PushStream>> open, CancellationToken cancellationToken)
    {
        if (await TakeAsync() is not { } first) return;
        if (_mayBeMore && progress.Total is null) await NoteTotalAsync(cancellationToken);
        var stream = await open(cancellationToken);
        await SendAsync(stream, first, cancellationToken);
        while (_unanswered.Count > 0)
        {
            if (await stream.ReadAsync(cancellationToken) is { } acknowledgement && await RecordAsync(stream, acknowledgement) is { } next)
                await SendAsync(stream, next, cancellationToken);
            while (stream.IsWritable && _mayBeMore && _unanswered.Count < stream.Window && await TakeAsync() is { } batch)
                await SendAsync(stream, batch, cancellationToken);
        }
    }

    /// <summary>Not cancellable: a batch that is taken and not returned here would stay IN_FLIGHT until the next push.</summary>
    private async Task<OperationBatch?> TakeAsync() =>
        Taken(await log.TakeBatchAsync(progress.SetAside, grant.Limits, progress.Through, CancellationToken.None));

    private OperationBatch? Taken(OperationBatch? batch)
    {
        _mayBeMore = batch is { MayBeMore: true };
        if (batch is not null) _unanswered.Enqueue(batch);
        return batch;
    }

    private async Task SendAsync(PushStream stream, OperationBatch batch, CancellationToken cancellationToken) =>
        Log.BatchSent(logger, await stream.SendAsync(batch, cancellationToken), batch);

    /// <summary>Records what became of the first unanswered batch; the batch that takes its place, already taken and still to be sent.</summary>
    private async Task<OperationBatch?> RecordAsync(PushStream stream, BatchAcknowledgement acknowledgement)
    {
        var outcomes = WireMessages.ReadOutcomes(acknowledgement, _unanswered.Peek());
        var hasRoom = stream.IsWritable && _unanswered.Count <= stream.Window;
        // Where more waits, what is taken has to be on disk before it leaves: one transaction for both. Otherwise nothing need be.
        if (hasRoom && _mayBeMore)
        {
            var next = await log.AcknowledgeAndTakeAsync(
                outcomes, acknowledgement.Clock, progress.SetAside, grant.Limits, progress.Through, CancellationToken.None);
            NoteAnswered(outcomes);
            return Taken(next);
        }

        await log.AcknowledgeAsync(outcomes, acknowledgement.Clock, CancellationToken.None);
        NoteAnswered(outcomes);
        return hasRoom ? await TakeAsync() : null;
    }

    private async Task NoteTotalAsync(CancellationToken cancellationToken)
    {
        var depth = await log.DepthAsync(cancellationToken);
        progress.Total = progress.Answered + depth.Pending + depth.InFlight;
        status.SetPushing(new SyncProgress(progress.Answered, progress.Total.Value));
    }

    private void NoteAnswered(IReadOnlyList<OperationOutcome> outcomes)
    {
        _unanswered.Dequeue();
        progress.NoteAnswered(outcomes);
        Log.BatchAcknowledged(logger, outcomes);
        if (progress.Total is { } total) status.SetPushing(new SyncProgress(progress.Answered, Math.Max(total, progress.Answered)));
    }
}
