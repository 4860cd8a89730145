using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace OrleansSync.Client.Tests.Wire;

/// <summary>Statuses as the gateway sends them.</summary>
internal static class WireFaults
{
    public static RpcException Of(StatusCode code, string reason, string message = "as the script says", params IMessage[] details)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = message };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = "orleanssync", Reason = reason }));
        foreach (var detail in details) status.Details.Add(Any.Pack(detail));
        return status.ToRpcException();
    }

    public static RpcException Malformed(int operation) => Of(
        StatusCode.InvalidArgument,
        "FIELD_INVALID",
        "a field breaks a rule",
        new BadRequest
        {
            FieldViolations =
            {
                new BadRequest.Types.FieldViolation { Field = $"batch.operations[{operation}].changes[0].set", Description = "not JSON" },
            },
        });

    public static RpcException Internal() => Of(StatusCode.Internal, "INTERNAL");

    public static RpcException QueueFull(TimeSpan retryAfter) => Of(
        StatusCode.ResourceExhausted, "QUEUE_FULL", details: new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) });

    public static RpcException TokenInvalid() => Of(StatusCode.Unauthenticated, "TOKEN_INVALID");
}
