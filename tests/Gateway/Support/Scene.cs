using Grpc.Core;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Support;

/// <summary>
/// A user with a healthy device that has written, and another that sends what it should not. Whatever is refused, the
/// healthy one must find nothing changed by it.
/// </summary>
public sealed class Scene
{
    private readonly Pulled _before;

    private Scene(GatewayServer server, TestDevice healthy, TestDevice device, Pulled before)
    {
        Server = server;
        Healthy = healthy;
        Device = device;
        _before = before;
    }

    public GatewayServer Server { get; }

    public TestDevice Healthy { get; }

    public TestDevice Device { get; }

    public static async Task<Scene> OpenAsync(GatewayServer server)
    {
        var user = SharedServer.NewUser();
        var healthy = await TestDevice.OpenAsync(server, user);
        await healthy.PushAsync(healthy.Create("tasks", "kept", TestDevice.Set("title", "\"kept\""), TestDevice.Increment("minutes", 3)));
        var device = await TestDevice.OpenAsync(server, user);
        return new Scene(server, healthy, device, await healthy.PullAsync());
    }

    /// <summary>An operation that is good until a test spoils it.</summary>
    public Operation Good() => Device.Update("tasks", "kept", TestDevice.Set("title", "\"changed\""));

    /// <summary>The batch ends the stream with INVALID_ARGUMENT that names rule and field, and nothing is recorded.</summary>
    public async Task RefusesAsync(OperationBatch batch, string reason, string path)
    {
        var exception = await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, reason, () => Device.PushAsync(batch));
        StatusAssert.NamesField(exception, path);
        await UnchangedAsync();
    }

    public Task RefusesAsync(string reason, string path, params Operation[] operations) =>
        RefusesAsync(TestDevice.Batch(operations), reason, path);

    /// <summary>One spoilt operation.</summary>
    public Task RefusesAsync(Action<Operation> spoil, string reason, string path)
    {
        var operation = Good();
        spoil(operation);
        return RefusesAsync(reason, path, operation);
    }

    /// <summary>Head, rows and outcomes are what they were.</summary>
    public async Task UnchangedAsync()
    {
        var after = await Healthy.PullAsync();
        Assert.Equal(_before.Last.Head, after.Last.Head);
        Assert.Equal(_before.Rows, after.Rows);
        Assert.Equal(_before.Outcomes, after.Outcomes);
        Assert.Equal(_before.Last.Clock, after.Last.Clock);
        // And the one that was refused is not locked out.
        Assert.Equal(_before.Rows, (await Device.PullAsync()).Rows);
    }
}
