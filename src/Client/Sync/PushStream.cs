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
internal sealed class PushStream(GatewayConnection connection, ILocalLog log, SessionGrant grant, PushProgress progress, ILogger logger)
{
    private const string Call = "Push";

    private readonly Queue<OperationBatch> _unanswered = new();
    private long _sent;
    private long _acknowledged;
    private bool _writable = true;

    // The server may take more, and says so in its first answer; one batch it always takes.
    private int _window = 1;

    /// <summary>In the order sent.</summary>
    public IReadOnlyList<OperationBatch> Unanswered => [.. _unanswered];

    /// <summary>Returns when there is nothing more to send and all that was sent is answered.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (await TakeAsync() is not { } first) return;
        using var call = await connection.PushAsync(cancellationToken);
        await WriteAsync(call, new PushRequest { Open = new PushOpen { Session = grant.Session } }, cancellationToken);
        await SendAsync(call, first, cancellationToken);
        while (_unanswered.Count > 0)
        {
            await ReadAsync(call, cancellationToken);
            while (_writable && _unanswered.Count < _window && await TakeAsync() is { } batch) await SendAsync(call, batch, cancellationToken);
        }

        if (!_writable) throw SyncErrorCodes.StreamEnded(Call);
        await call.RequestStream.CompleteAsync();
        // To the end, so that the call ends by itself on both sides and is not cut.
        while (await connection.NextAsync(Call, call.ResponseStream, cancellationToken) is { } late) Take(late);
    }

    /// <summary>Not cancellable: a batch that is taken and not returned here would stay IN_FLIGHT until the next push.</summary>
    private async Task<OperationBatch?> TakeAsync()
    {
        if (await log.TakeBatchAsync(progress.SetAside, grant.Limits, progress.Through, CancellationToken.None) is not { } batch) return null;
        _unanswered.Enqueue(batch);
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

    private async Task ReadAsync(AsyncDuplexStreamingCall<PushRequest, PushResponse> call, CancellationToken cancellationToken)
    {
        var response = await connection.NextAsync(Call, call.ResponseStream, cancellationToken) ?? throw SyncErrorCodes.StreamEnded(Call);
        if (Take(response) is not { } acknowledgement) return;
        var batch = _unanswered.Peek();
        var outcomes = WireMessages.ReadOutcomes(acknowledgement, batch);
        await log.AcknowledgeAsync(outcomes, acknowledgement.Clock, CancellationToken.None);
        _unanswered.Dequeue();
        progress.NoteAnswered(outcomes);
        Log.BatchAcknowledged(logger, outcomes);
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
