using Grpc.Core;
using Microsoft.Extensions.Logging;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Transport;
using OrleansSync.Protocol.V1;
using OperationBatch = OrleansSync.Client.OpLog.OperationBatch;

namespace OrleansSync.Client.Sync;

/// <summary>
/// One push stream: sends batches up to the server's window, and records the acknowledgements in order. Whatever ends it,
/// <see cref="Unanswered"/> holds the batches whose outcome is not known.
/// </summary>
/// <remarks>
/// What fits into one batch goes without a stream: one question and one answer are half the work of a stream that is opened, told what
/// it may send, and closed again. So it is with nearly every write of a user who is connected.
/// </remarks>
internal sealed class PushStream(GatewayConnection connection, ILocalLog log, SessionGrant grant, PushProgress progress, ILogger logger)
{
    private const string Call = "Push";

    private readonly Queue<OperationBatch> _unanswered = new();
    private long _sent;
    private long _acknowledged;
    private bool _writable = true;

    // The log has more that can leave, as far as the last look at it told.
    private bool _mayBeMore = true;

    // The server may take more, and says so in its first answer; one batch it always takes.
    private int _window = 1;

    /// <summary>In the order sent.</summary>
    public IReadOnlyList<OperationBatch> Unanswered => [.. _unanswered];

    /// <summary>Returns when there is nothing more to send and all that was sent is answered.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var first = await TakeAsync();
        while (first is { MayBeMore: false }) first = await AskAsync(first, cancellationToken);
        if (first is null) return;
        using var call = await connection.PushAsync(cancellationToken);
        await WriteAsync(call, new PushRequest { Open = new PushOpen { Session = grant.Session } }, cancellationToken);
        await SendAsync(call, first, cancellationToken);
        while (_unanswered.Count > 0)
        {
            if (await ReadAsync(call, cancellationToken) is { } next) await SendAsync(call, next, cancellationToken);
            while (_writable && _mayBeMore && _unanswered.Count < _window && await TakeAsync() is { } batch)
                await SendAsync(call, batch, cancellationToken);
        }

        if (!_writable) throw SyncErrorCodes.StreamEnded(Call);
        await call.RequestStream.CompleteAsync();
        // To the end, so that the call ends by itself on both sides and is not cut.
        while (await connection.NextAsync(Call, call.ResponseStream, cancellationToken) is { } late) Take(late);
    }

    /// <summary>Sends a batch that is alone; the one that may leave after it.</summary>
    private async Task<OperationBatch?> AskAsync(OperationBatch batch, CancellationToken cancellationToken)
    {
        const int Number = 1;
        Log.BatchSent(logger, Number, batch);
        var response = await connection.PushUnaryAsync(
            new PushUnaryRequest { Session = grant.Session, Batch = WireMessages.WriteBatch(Number, batch) }, cancellationToken);
        return await RecordAsync(response.Acknowledgement ?? throw SyncErrorCodes.DoesNotFit("an answer without an acknowledgement"));
    }

    /// <summary>Not cancellable: a batch that is taken and not returned here would stay IN_FLIGHT until the next push.</summary>
    private async Task<OperationBatch?> TakeAsync()
    {
        var batch = await log.TakeBatchAsync(progress.SetAside, grant.Limits, progress.Through, CancellationToken.None);
        _mayBeMore = batch is { MayBeMore: true };
        if (batch is not null) _unanswered.Enqueue(batch);
        return batch;
    }

    private async Task SendAsync(
        AsyncDuplexStreamingCall<PushRequest, PushResponse> call, OperationBatch batch, CancellationToken cancellationToken)
    {
        Log.BatchSent(logger, ++_sent, batch);
        await WriteAsync(call, new PushRequest { Batch = WireMessages.WriteBatch(_sent, batch) }, cancellationToken);
    }

    private async Task WriteAsync(
        AsyncDuplexStreamingCall<PushRequest, PushResponse> call, PushRequest message, CancellationToken cancellationToken)
    {
        try
        {
            await connection.WithinAsync(
                Call,
                async token =>
                {
                    await call.RequestStream.WriteAsync(message, token);
                    return true;
                },
                cancellationToken);
        }
        catch (Exception failure) when (failure is RpcException or IOException)
        {
            // Says only that the call is over. Acknowledgements may have arrived before that, and the status tells why: read on.
            _writable = false;
        }
    }

    /// <inheritdoc cref="RecordAsync"/>
    private async Task<OperationBatch?> ReadAsync(AsyncDuplexStreamingCall<PushRequest, PushResponse> call, CancellationToken cancellationToken)
    {
        var response = await connection.NextAsync(Call, call.ResponseStream, cancellationToken) ?? throw SyncErrorCodes.StreamEnded(Call);
        return Take(response) is { } acknowledgement ? await RecordAsync(acknowledgement) : null;
    }

    /// <summary>Records what became of the first unanswered batch; the batch that takes its place, already taken and still to be sent.</summary>
    private async Task<OperationBatch?> RecordAsync(BatchAcknowledgement acknowledgement)
    {
        var batch = _unanswered.Peek();
        var outcomes = WireMessages.ReadOutcomes(acknowledgement, batch);
        OperationBatch? next = null;
        if (_writable && _unanswered.Count <= _window)
        {
            next = await log.AcknowledgeAndTakeAsync(
                outcomes, acknowledgement.Clock, progress.SetAside, grant.Limits, progress.Through, CancellationToken.None);
            _mayBeMore = next is { MayBeMore: true };
        }
        else
        {
            await log.AcknowledgeAsync(outcomes, acknowledgement.Clock, CancellationToken.None);
        }

        _unanswered.Dequeue();
        if (next is not null) _unanswered.Enqueue(next);
        progress.NoteAnswered(outcomes);
        Log.BatchAcknowledged(logger, outcomes);
        return next;
    }

    private BatchAcknowledgement? Take(PushResponse response)
    {
        switch (response.MessageCase)
        {
            case PushResponse.MessageOneofCase.Window:
                _window = Math.Clamp(response.Window.Batches, 1, Core.Limits.Default.BatchesInFlight);
                return null;
            case PushResponse.MessageOneofCase.Acknowledgement when _unanswered.Count > 0 && response.Acknowledgement.Number == _acknowledged + 1:
                _acknowledged++;
                return response.Acknowledgement;
            default:
                throw SyncErrorCodes.DoesNotFit(
                    $"{response.MessageCase} {response.Acknowledgement?.Number} on a push with {_sent} batches sent and {_acknowledged} acknowledged");
        }
    }
}
