using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using OrleansSync.Gateway.Tests.Support;

namespace OrleansSync.Gateway.Tests.Hosting;

[Collection(SharedServerTests.Name)]
public sealed class ServiceTests(SharedServer shared)
{
    [Fact]
    public async Task Reflection_lists_the_services()
    {
        using var call = new ServerReflection.ServerReflectionClient(shared.Server.Channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        var services = call.ResponseStream.Current.ListServicesResponse.Service.Select(static service => service.Name).ToArray();
        Assert.Superset(
            new HashSet<string> { "orleanssync.v1.Sync", "orleanssync.v1.Devices", "orleanssync.v1.Admin", "grpc.health.v1.Health" }, services.ToHashSet());
        await call.RequestStream.CompleteAsync();
        // To the end: the service logs an error when a caller resets its stream.
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("orleanssync.v1.Sync")]
    [InlineData("orleanssync.v1.Devices")]
    [InlineData("orleanssync.v1.Admin")]
    public async Task Health_says_serving(string service)
    {
        var health = new Health.HealthClient(shared.Server.Channel);
        var answer = await health.CheckAsync(new HealthCheckRequest { Service = service });
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
    }

    [Fact]
    public async Task The_handshake_tells_schema_limits_and_where_the_user_stands()
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        var welcome = device.Welcome;
        Assert.Equal(["notes", "tasks"], welcome.Schema.Types_.Select(static type => type.Type));
        Assert.False(welcome.Schema.AcceptUndeclared);
        var limits = welcome.Limits;
        Assert.Equal((100, 4, 5_000), (limits.BatchOperations, limits.BatchesInFlight, limits.TransactionOperations));
        Assert.Equal((1, 16, 0L), (welcome.ProtocolVersion, welcome.Lineage.Length, welcome.Head));

        var again = await shared.Server.Sync.HandshakeAsync(
            new Protocol.V1.HandshakeRequest
            {
                ProtocolVersion = 1,
                DeviceId = TestDevice.Wire(device.Id),
                SessionToken = device.Token,
                SchemaHash = welcome.SchemaHash,
            },
            device.Options());
        Assert.Null(again.Schema);
        Assert.Equal(welcome.SchemaHash, again.SchemaHash);
        Assert.NotEqual(welcome.SessionToken, again.SessionToken);
    }

    [Fact]
    public async Task A_call_that_nobody_knows_is_unimplemented()
    {
        var empty = Marshallers.Create(static bytes => bytes, static bytes => bytes);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "orleanssync.v1.Sync", "Undo", empty, empty);
        using var call = shared.Server.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, []);
        var exception = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.Unimplemented, exception.StatusCode);
    }
}
