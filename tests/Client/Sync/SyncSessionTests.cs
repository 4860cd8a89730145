using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Client.Sync;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Client.Transport;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>One session on its own, with the orders and reports that an engine would exchange with it.</summary>
public sealed class SyncSessionTests : IAsyncLifetime
{
    private readonly Channel<SessionOrder> _orders = Channel.CreateBounded<SessionOrder>(1);
    private ScriptedGateway _gateway = null!;
    private TestDevice _device = null!;

    public async Task InitializeAsync()
    {
        _gateway = await ScriptedGateway.StartAsync();
        _device = await TestDevice.OpenAsync(_gateway.Address);
    }

    public async Task DisposeAsync()
    {
        await _device.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task An_order_that_a_full_sync_overtakes_does_not_keep_the_next_one_out()
    {
        // Given in the moment in which the watch ended, when nobody read orders any more.
        Assert.True(_orders.Writer.TryWrite(SessionOrder.Push));
        var reports = new List<SchedulerEvent>();

        await RunAsync(reports.Add);

        Assert.Equal([new SchedulerEvent.SyncStarted(), new SchedulerEvent.SyncFinished()], reports);
        Assert.True(_orders.Writer.TryWrite(SessionOrder.Sync), "The scheduler takes an order for given and waits for its end.");
    }

    private async Task RunAsync(Action<SchedulerEvent> report)
    {
        var options = new SyncStoreOptions { DatabasePath = "", Gateway = _gateway.Address, Credentials = new FixedToken("dev:ada") };
        var (log, logger) = (_device.Store.Log, NullLogger.Instance);
        using var connection = new GatewayConnection(_gateway.Address, options.Credentials, options);
        var parts = new SessionParts(
            log,
            new Handshaker(connection, log, options, logger),
            new PushPump(connection, log, logger),
            new ChangeReader(connection, log, logger),
            new StatusTracker(log, TimeProvider.System));
        await new SyncSession(parts, _orders.Reader, report).RunAsync(watch: false, CancellationToken.None);
    }
}
