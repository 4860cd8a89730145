using Grpc.Core;
using OrleansSync.Client.Transport;
using OrleansSync.Protocol.V1;
using OperationBatch = OrleansSync.Client.OpLog.OperationBatch;

namespace OrleansSync.Client.Sync;

/// <summary>
/// An open push stream. It outlasts the push that opened it: opening one takes as long as a write of the server to its disk, and
/// who has written something soon writes again.
/// </summary>
internal sealed class PushStream : IAsyncDisposable
{
    private const string Call = "Push";

    private readonly GatewayConnection _connection;
    private readonly AsyncDuplexStreamingCall<PushRequest, PushResponse> _call;

    // Always under way, so that a stream that ends while nobody pushes is known to have.
    private Task<PushResponse?> _reading;
    private long _sent;
    private long _acknowledged;

    private PushStream(GatewayConnection connection, Session session, AsyncDuplexStreamingCall<PushRequest, PushResponse> call)
    {
        (_connection, Session, _call) = (connection, session, call);
        _reading = MoveAsync();
    }

    public Session Session { get; }

    /// <summary>So many batches may be unanswered. The server may take more than one, and says so in its first answer.</summary>
    public int Window { get; private set; } = 1;

    public bool IsWritable { get; private set; } = true;

    /// <summary>The server or the network has ended it.</summary>
    public bool HasEnded => !IsWritable || _reading is { IsCompleted: true } and not { IsCompletedSuccessfully: true, Result: not null };

    public static async Task<PushStream> OpenAsync(GatewayConnection connection, SessionGrant grant, CancellationToken cancellationToken)
    {
        var stream = new PushStream(connection, grant.Session, await connection.PushAsync(cancellationToken));
        try
        {
            await stream.WriteAsync(new PushRequest { Open = new PushOpen { Session = grant.Session } }, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a batch; returns its number on this stream.</summary>
    public async Task<long> SendAsync(OperationBatch batch, CancellationToken cancellationToken)
    {
        FaultPoints.Pass(FaultPoint.Sending);
        await WriteAsync(new PushRequest { Batch = WireMessages.WriteBatch(++_sent, batch) }, cancellationToken);
        FaultPoints.Pass(FaultPoint.Sent);
        return _sent;
    }

    /// <summary>The acknowledgement of the first unanswered batch; <c>null</c>: the server told its window.</summary>
    public async Task<BatchAcknowledgement?> ReadAsync(CancellationToken cancellationToken) =>
        Take(await NextAsync(cancellationToken) ?? throw SyncErrorCodes.StreamEnded(Call));

    /// <summary>Says that nothing more comes and waits for the server's end of it, so that it is not cut. Everything is answered.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connection.AnswerAsync(
                Call,
                async _ =>
                {
                    await _call.RequestStream.CompleteAsync();
                    return true;
                },
                cancellationToken);
            while (await NextAsync(cancellationToken) is { } late) Take(late);
        }
        catch (SyncException)
        {
            // It has done its work: how it ends is of no account.
        }
        finally
        {
            await DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        await ((Task)_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WriteAsync(PushRequest message, CancellationToken cancellationToken)
    {
        try
        {
            await _connection.WithinAsync(
                Call,
                async token =>
                {
                    await _call.RequestStream.WriteAsync(message, token);
                    // A write that is done as its time runs out: gRPC has ended the call, and would tell of it as if the server had gone.
                    token.ThrowIfCancellationRequested();
                    return true;
                },
                cancellationToken);
        }
        catch (Exception failure) when (failure is RpcException or IOException)
        {
            // Says only that the call is over. Acknowledgements may have arrived before that, and the status tells why: read on.
            IsWritable = false;
        }
    }

    private async Task<PushResponse?> NextAsync(CancellationToken cancellationToken)
    {
        var response = await _connection.AnswerAsync(Call, _reading.WaitAsync, cancellationToken);
        if (response is not null) _reading = MoveAsync();
        return response;
    }

    private async Task<PushResponse?> MoveAsync() =>
        await _call.ResponseStream.MoveNext(CancellationToken.None) ? _call.ResponseStream.Current : null;

    private BatchAcknowledgement? Take(PushResponse response)
    {
        switch (response.MessageCase)
        {
            case PushResponse.MessageOneofCase.Window:
                Window = Math.Clamp(response.Window.Batches, 1, Core.Limits.Default.BatchesInFlight);
                return null;
            case PushResponse.MessageOneofCase.Acknowledgement when _acknowledged < _sent && response.Acknowledgement.Number == _acknowledged + 1:
                _acknowledged++;
                FaultPoints.Pass(FaultPoint.Acknowledged);
                return response.Acknowledgement;
            default:
                throw SyncErrorCodes.DoesNotFit(
                    $"{response.MessageCase} {response.Acknowledgement?.Number} on a push with {_sent} batches sent and {_acknowledged} acknowledged");
        }
    }
}
