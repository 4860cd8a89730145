using Google.Protobuf;
using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Gateway.Hosting;
using OrleansSync.Protocol.V1;
using OperationBatch = OrleansSync.Protocol.Encoded.OperationBatch;
using PushRequest = OrleansSync.Protocol.Encoded.PushRequest;

namespace OrleansSync.Gateway.Push;

/// <summary>Reads a push stream's messages: open once, then batches.</summary>
internal sealed class PushMessages(IAsyncStreamReader<PushRequest> requests)
{
    /// <summary>The first message.</summary>
    public async Task<PushOpen> OpenAsync(CancellationToken cancellationToken) =>
        await NextAsync(cancellationToken) is { MessageCase: PushRequest.MessageOneofCase.Open } first
            ? first.Open
            : throw SyncErrors.OpenMissing();

    /// <summary><c>null</c>: the device has sent its last batch.</summary>
    public async Task<OperationBatch?> NextBatchAsync(CancellationToken cancellationToken) => await NextAsync(cancellationToken) switch
    {
        null => null,
        { MessageCase: PushRequest.MessageOneofCase.Batch } message => message.Batch,
        { MessageCase: PushRequest.MessageOneofCase.Open } => throw SyncErrors.OpenRepeated(),
        _ => throw SyncErrors.Of(new Fault(FaultCode.Missing, "message", "A message of a push is open or a batch.")),
    };

    private async Task<PushRequest?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await requests.MoveNext(cancellationToken) ? requests.Current : null;
        }
        catch (InvalidProtocolBufferException)
        {
            throw SyncErrors.MessageMalformed();
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.ResourceExhausted)
        {
            throw SyncErrors.MessageTooLarge(MessageSizes.MaxReceive);
        }
    }
}
