using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Services;
using OrleansSync.Gateway.Watch;
using OrleansSync.Protocol.V1;
using OperationBatch = OrleansSync.Protocol.Encoded.OperationBatch;

namespace OrleansSync.Gateway.Push;

/// <summary>
/// One batch as a call of its own, for transports that cannot stream both ways. What is checked, what is refused and what
/// an outcome means is the same as on a stream.
/// </summary>
internal static class UnaryPush
{
    /// <exception cref="RpcException">The batch was not taken, or has no outcomes; its status says why.</exception>
    public static async Task<PushUnaryResponse> RunAsync(
        DeviceConnection connection, BatchIntake intake, OperationBatch? batch, ILogger logger, CancellationToken cancelled)
    {
        if (batch is null) throw Requests.Fault(FaultCode.Missing, "batch", "A push has a batch.");
        var response = new PushUnaryResponse();
        await connection.RunAsync(async ended =>
        {
            ended.ThrowIfCancellationRequested();
            var taken = intake.Take(batch);
            // Not until the server stops: what is under way is acknowledged first, as on a stream.
            var reply = await taken.Reply.WaitAsync(cancelled);
            if (intake.ErrorOf(taken, reply) is { } error) throw error;
            response.Acknowledgement = Acknowledgements.Of(taken, reply);
            Log.Acknowledged(logger, reply.Outcomes);
        });
        return response;
    }
}
