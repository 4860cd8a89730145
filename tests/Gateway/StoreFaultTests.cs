using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests;

public sealed class StoreFaultTests
{
    [Fact]
    public async Task I2_What_was_refused_while_the_store_was_away_can_be_sent_again_and_counts_once()
    {
        await using var server = await GatewayServer.StartAsync(services: HaltingStore.Wrap);
        var store = server.Services.GetRequiredService<HaltingStore>();
        var device = await TestDevice.OpenAsync(server, "ada");
        var operation = device.Create("tasks", "pump", TestDevice.Increment("minutes", 15));
        using var push = await device.OpenPushAsync();
        await push.ReadWindowAsync();

        store.Down = true;
        await push.SendAsync(TestDevice.Batch(operation));
        foreach (var call in new Func<Task>[] { push.AcknowledgementAsync, () => device.PullAsync(), device.HandshakeAsync })
        {
            StatusAssert.TellsWhenToRetry(await StatusAssert.ThrowsAsync(StatusCode.Unavailable, "SERVER_UNAVAILABLE", call));
        }

        using var http = new HttpClient { BaseAddress = server.Http };
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);
        var health = await new Health.HealthClient(server.Channel).CheckAsync(new HealthCheckRequest());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, health.Status);

        store.Down = false;
        await device.PushAsync(operation);
        await device.PushAsync(operation);
        Assert.Equal("15", Pulled.Value(Assert.Single((await device.PullAsync()).Rows), "minutes"));
        server.TakeErrors();
    }

    [Fact]
    public async Task I11_A_queue_that_is_full_is_told_with_quota_and_when_to_retry()
    {
        await using var server = await GatewayServer.StartAsync(
            static sync => sync.ConfigureLimits(static limits => limits with
            {
                TransactionOperations = 100,
                QueueOperations = 150,
                RoundOperations = 100,
            }),
            services: HaltingStore.Wrap);
        var store = server.Services.GetRequiredService<HaltingStore>();
        var (phone, laptop) = (await TestDevice.OpenAsync(server, "ada"), await TestDevice.OpenAsync(server, "ada"));
        Operation[] Notes(TestDevice device, string prefix) =>
            [.. Enumerable.Range(0, 100).Select(i => device.Create("notes", $"{prefix}{i}", TestDevice.Set("text", "1")))];

        var held = store.HoldCommits();
        using var push = await phone.OpenPushAsync();
        await push.SendAsync(TestDevice.Batch(Notes(phone, "phone")));
        await push.ReadWindowAsync();
        // What is being committed counts until it is answered.
        await held.WaitAsync(TestDevice.Deadline);
        var refused = Notes(laptop, "laptop");
        using var other = await laptop.OpenPushAsync();
        await other.ReadWindowAsync();
        await other.SendAsync(TestDevice.Batch(refused));
        var exception = await Assert.ThrowsAsync<RpcException>(other.AcknowledgementAsync);

        StatusAssert.Is(exception, StatusCode.ResourceExhausted, "QUEUE_FULL");
        StatusAssert.TellsWhenToRetry(exception);
        StatusAssert.NamesQuota(exception, "queue");

        store.ReleaseCommits();
        await push.AcknowledgementAsync();
        await laptop.PushAsync(refused);
        Assert.Equal(200, (await phone.PullAsync()).Rows.Count);
    }
}
