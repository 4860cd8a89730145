using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Hosting;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Streams_are_told_to_come_back_before_anything_is_closed()
    {
        var closing = new ClosingGate();
        await using var server = await GatewayServer.StartAsync(host: host => host.Services.AddHostedService(_ => closing));
        var device = await TestDevice.OpenAsync(server, "ada");
        using var watch = new WatchReader(device.Watch());
        await watch.NextAsync();
        using var push = await device.OpenPushAsync();
        await push.SendAsync(TestDevice.Batch(device.Create("notes", "1", TestDevice.Set("text", "1"))));
        await push.AcknowledgementAsync();
        await watch.NextAsync();
        using var silent = new PushCall(server.Sync.Push(device.Options()));

        var stopping = server.StopAsync();

        try
        {
            StatusAssert.TellsWhenToRetry(
                await StatusAssert.ThrowsAsync(StatusCode.Unavailable, "SHUTTING_DOWN", push.AcknowledgementAsync));
            StatusAssert.TellsWhenToRetry(await StatusAssert.ThrowsAsync(StatusCode.Unavailable, "SHUTTING_DOWN", watch.NextAsync));
            await StatusAssert.ThrowsAsync(StatusCode.Unavailable, "SHUTTING_DOWN", silent.ReadWindowAsync);
            await StatusAssert.ThrowsAsync(StatusCode.Unavailable, "SHUTTING_DOWN", () => device.PullAsync());
        }
        finally
        {
            closing.Open();
        }

        await stopping;
    }

    [Fact]
    public async Task A_stream_whose_device_does_not_read_is_told_all_the_same()
    {
        var closing = new ClosingGate();
        await using var server = await GatewayServer.StartAsync(host: host => host.Services.AddHostedService(_ => closing));
        var device = await TestDevice.OpenAsync(server, "ada");
        var value = $"\"{new string('x', 60_000)}\"";
        for (var batch = 0; batch < 20; batch++)
        {
            var operations = Enumerable.Range(0, 4).Select(i => device.Create("notes", $"{batch}/{i}", TestDevice.Set("text", value)));
            await device.PushAsync([.. operations]);
        }

        // Its pages are more than the transport holds, so the server stands in the middle of a write.
        using var watch = new WatchReader(device.Watch());
        await watch.NextAsync();
        var stopping = server.StopAsync();
        try
        {
            await StatusAssert.ThrowsAsync(StatusCode.Unavailable, "SHUTTING_DOWN", async () =>
            {
                while (true) await watch.NextAsync();
            });
        }
        finally
        {
            closing.Open();
        }

        await stopping;
    }

    [Fact]
    public async Task A_server_that_drains_lives_but_is_not_ready()
    {
        var closing = new ClosingGate();
        await using var server = await GatewayServer.StartAsync(host: host => host.Services.AddHostedService(_ => closing));
        using var http = new HttpClient { BaseAddress = server.Http };
        var health = new Health.HealthClient(server.Channel);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode);

        var stopping = server.StopAsync();

        try
        {
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);
            var ready = await http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, (await health.CheckAsync(new HealthCheckRequest())).Status);
        }
        finally
        {
            closing.Open();
        }

        await stopping;
    }

    /// <summary>Holds the host between the end of the streams and the closing of the connections.</summary>
    private sealed class ClosingGate : IHostedLifecycleService
    {
        private readonly TaskCompletionSource _open = new();

        public void Open() => _open.TrySetResult();

        public Task StoppingAsync(CancellationToken cancellationToken) => _open.Task.WaitAsync(TestDevice.Deadline, CancellationToken.None);

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
