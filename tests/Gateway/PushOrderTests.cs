using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests;

/// <summary>What one stream hands to the user's change log, and when.</summary>
public sealed class PushOrderTests : IAsyncLifetime
{
    private readonly CallFilter _filter = new();
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly SemaphoreSlim _called = new(0);
    private readonly SemaphoreSlim _answered = new(0);
    private readonly LogSignal _exceeded = new(nameof(Log.WindowExceeded));
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GatewayServer _server = null!;
    private TestDevice _device = null!;

    public async Task InitializeAsync()
    {
        _server = await GatewayServer.StartAsync(services: services => services
            .AddSingleton<IOutgoingGrainCallFilter>(_filter)
            .AddLogging(logging => logging.AddProvider(_exceeded).AddFilter<LogSignal>("OrleansSync", LogLevel.Debug)));
        _device = await TestDevice.OpenAsync(_server, "ada");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task I3_A_batch_that_shares_an_entity_waits_for_the_one_before_it_and_others_do_not()
    {
        HoldTheFirst(static context => context.Invoke());
        using var push = await SendAsync("shared", "other", "shared", "last");
        // Batches are taken in order: once the last has gone, the one before it would have.
        await UntilAsync(_called, 3);
        Assert.Equal(["shared", "other", "last"], _calls);

        _first.SetResult();

        for (var number = 1; number <= 4; number++) Assert.Equal(number, (await push.AcknowledgementAsync()).Number);
        Assert.Equal(["shared", "other", "last", "shared"], _calls);
    }

    [Fact]
    public async Task I3_A_batch_that_shares_an_entity_with_one_that_failed_is_never_handed_on()
    {
        HoldTheFirst(static context =>
        {
            context.Result = new PushReply(PushStatus.Overloaded, [], 0, TimeSpan.FromSeconds(3), -1);
            return Task.CompletedTask;
        });
        using var push = await SendAsync("shared", "other", "shared", "last");
        await UntilAsync(_called, 3);

        _first.SetResult();

        await StatusAssert.ThrowsAsync(StatusCode.ResourceExhausted, "QUEUE_FULL", push.AcknowledgementAsync);
        Assert.Equal(["shared", "other", "last"], _calls);
        Assert.DoesNotContain((await _device.PullAsync()).Rows, static row => row.EntityId == "shared");
    }

    [Fact]
    public async Task Acknowledgements_keep_the_order_of_the_batches_whatever_is_done_first()
    {
        HoldTheFirst(static context => context.Invoke());
        using var push = await SendAsync("slow", "quick", "quicker");
        await UntilAsync(_answered, 2);
        await push.ReadWindowAsync();
        var first = push.AcknowledgementAsync();
        Assert.False(first.IsCompleted);

        _first.SetResult();

        Assert.Equal(1, (await first).Number);
        Assert.Equal(2, (await push.AcknowledgementAsync()).Number);
        Assert.Equal(3, (await push.AcknowledgementAsync()).Number);
    }

    [Fact]
    public async Task I11_One_batch_more_than_the_window_is_refused_and_those_before_it_are_acknowledged()
    {
        HoldTheFirst(static context => context.Invoke());
        using var push = await SendAsync("1", "2", "3", "4", "5");
        // Before this the first could be acknowledged, and the fifth would fit.
        Assert.True(await _exceeded.Seen.WaitAsync(TestDevice.Deadline));
        _first.SetResult();
        var acknowledged = 0;
        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await push.AcknowledgementAsync();
                acknowledged++;
            }
        });
        StatusAssert.Is(exception, StatusCode.ResourceExhausted, "WINDOW_EXCEEDED");
        Assert.Equal(4, acknowledged);
        Assert.DoesNotContain((await _device.PullAsync()).Rows, static row => row.EntityId == "5");
    }

    /// <summary>Notes each batch that goes to the change log by its entity; the first waits.</summary>
    private void HoldTheFirst(Func<IOutgoingGrainCallContext, Task> then) => _filter.On(nameof(IUserGrain.PushAsync), async context =>
    {
        var batch = (PushBatch)context.Request.GetArgument(0)!;
        var isFirst = _calls.IsEmpty;
        _calls.Enqueue(batch.Operations[0].Entity.Id);
        _called.Release();
        if (isFirst)
        {
            await _first.Task;
            await then(context);
            return;
        }

        await context.Invoke();
        _answered.Release();
    });

    private async Task<PushCall> SendAsync(params string[] entities)
    {
        var push = await _device.OpenPushAsync();
        var number = 0;
        foreach (var entity in entities)
        {
            await push.SendAsync(new OperationBatch
            {
                Number = ++number,
                Operations = { _device.Create("notes", entity, TestDevice.Set("text", $"{number}")) },
            });
        }

        return push;
    }

    private static async Task UntilAsync(SemaphoreSlim happened, int times)
    {
        for (var i = 0; i < times; i++) Assert.True(await happened.WaitAsync(TestDevice.Deadline));
    }
}
