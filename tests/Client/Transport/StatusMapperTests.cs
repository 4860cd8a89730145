using Google.Rpc;
using Grpc.Core;
using OrleansSync.Client.Sync;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Client.Transport;

namespace OrleansSync.Client.Tests.Transport;

public sealed class StatusMapperTests
{
    private static readonly Uri Gateway = new("https://sync.example.org:5080/");

    [Theory]
    [InlineData(StatusCode.Unauthenticated, "TOKEN_INVALID", "OS1005", false, nameof(SessionFaultKind.Unauthenticated), false)]
    [InlineData(StatusCode.FailedPrecondition, "PROTOCOL_VERSION", "OS1007", false, nameof(SessionFaultKind.Refused), false)]
    [InlineData(StatusCode.PermissionDenied, "DEVICE_REVOKED", "OS1008", false, nameof(SessionFaultKind.Refused), false)]
    [InlineData(StatusCode.FailedPrecondition, "DEVICE_CLONED", "OS1009", false, nameof(SessionFaultKind.Refused), false)]
    [InlineData(StatusCode.ResourceExhausted, "TOO_MANY_DEVICES", "OS1010", false, nameof(SessionFaultKind.Refused), false)]
    [InlineData(StatusCode.FailedPrecondition, "SESSION_UNKNOWN", "OS1011", true, nameof(SessionFaultKind.Retry), false)]
    [InlineData(StatusCode.NotFound, "DEVICE_UNKNOWN", "OS1011", true, nameof(SessionFaultKind.Retry), false)]
    [InlineData(StatusCode.FailedPrecondition, "LINEAGE_CHANGED", "OS1012", true, nameof(SessionFaultKind.Retry), false)]
    [InlineData(StatusCode.InvalidArgument, "PAGE_TOKEN_INVALID", "OS1012", true, nameof(SessionFaultKind.Retry), false)]
    [InlineData(StatusCode.Unavailable, "SERVER_UNAVAILABLE", "OS1006", true, nameof(SessionFaultKind.Retry), false)]
    [InlineData(StatusCode.DeadlineExceeded, "ANY", "OS1006", true, nameof(SessionFaultKind.Retry), false)]
    [InlineData(StatusCode.Cancelled, "ANY", "OS1006", true, nameof(SessionFaultKind.Retry), false)]
    [InlineData(StatusCode.ResourceExhausted, "QUEUE_FULL", "OS1013", true, nameof(SessionFaultKind.Retry), false)]
    [InlineData(StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE", "OS1014", false, nameof(SessionFaultKind.Retry), true)]
    [InlineData(StatusCode.InvalidArgument, "FIELD_INVALID", "OS1014", false, nameof(SessionFaultKind.Retry), true)]
    [InlineData(StatusCode.Internal, "INTERNAL", "OS1015", true, nameof(SessionFaultKind.Retry), true)]
    [InlineData(StatusCode.Unknown, "ANY", "OS1015", true, nameof(SessionFaultKind.Retry), true)]
    [InlineData(StatusCode.Unimplemented, "NOT_SERVED", "OS1016", false, nameof(SessionFaultKind.Retry), false)]
    public void A_status_of_the_server_has_its_code_and_its_meaning(
        StatusCode status, string reason, string code, bool transient, string kind, bool counts)
    {
        var mapped = StatusMapper.Map(WireFaults.Of(status, reason), Gateway);
        Assert.Equal((code, transient), (mapped.Code, mapped.IsTransient));
        Assert.Equal((kind, counts), (mapped.Fault!.Kind.ToString(), mapped.Fault.CountsAgainstOperations));
        Assert.StartsWith($"{code} https://sync.example.org:5080 answered: as the script says", mapped.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.Unknown)]
    [InlineData(StatusCode.InvalidArgument)]
    public void A_status_without_the_servers_details_counts_against_no_operation(StatusCode status) =>
        Assert.False(StatusMapper.Map(new RpcException(new Grpc.Core.Status(status, "Bad gRPC response")), Gateway).Fault!.CountsAgainstOperations);

    [Fact]
    public void A_fault_that_this_side_made_up_says_that_the_gateway_was_not_reached()
    {
        var cause = new HttpRequestException("outer", new IOException("The connection was reset."));
        var mapped = StatusMapper.Map(new RpcException(new Grpc.Core.Status(StatusCode.Internal, "Error starting gRPC call.", cause)), Gateway);
        Assert.Equal(("OS1003", true), (mapped.Code, mapped.IsTransient));
        Assert.Contains("Cannot reach https://sync.example.org:5080: The connection was reset.", mapped.Message, StringComparison.Ordinal);
        Assert.False(mapped.Fault!.CountsAgainstOperations);
    }

    [Theory]
    [InlineData("batch.operations[3].changes[0].set", 3)]
    [InlineData("operations[0]", 0)]
    [InlineData("batch.operations", null)]
    [InlineData("my_operations[3]", null)]
    [InlineData("operations[99999999999]", null)]
    public void The_operation_is_taken_from_the_field_that_the_server_names(string field, int? index)
    {
        var request = new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = "is wrong" } } };
        var mapped = StatusMapper.Map(WireFaults.Of(StatusCode.InvalidArgument, "FIELD_INVALID", "no", request), Gateway);
        Assert.Equal(index, mapped.Fault!.Operation?.Index);
    }

    [Fact]
    public void The_time_to_come_back_is_the_servers() =>
        Assert.Equal(TimeSpan.FromSeconds(7), StatusMapper.Map(WireFaults.QueueFull(TimeSpan.FromSeconds(7)), Gateway).RetryAfter);
}
