using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Sync;
using OrleansSync.Client.Sync.Reconciling;
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

    [Fact]
    public async Task A_push_stream_that_ended_since_the_last_push_is_replaced_and_counts_against_no_operation()
    {
        var opened = 0;
        Script.OnOpened = () => Task.FromResult(Interlocked.Increment(ref opened));
        // A fault that is counted, where it answers a batch.
        Script.EndsAfter = _ => WireFaults.Internal();
        using var connection = NewConnection();
        var parts = PartsOf(connection);
        var grant = await parts.Handshaker.OpenAsync(default);
        await _device.PutAsync("a", "one");
        Assert.Null((await parts.Pump.PushAsync(grant, default)).Failure);
        await Eventually.TrueAsync(() => !parts.Pump.IsOpen, "the fault has arrived");

        Script.EndsAfter = null;
        await _device.PutAsync("b", "one");
        Assert.Equal(new PushResult(2, Remaining: false, Failure: null), await parts.Pump.PushAsync(grant, default));
        await _device.PutAsync("c", "one");
        Assert.Equal(new PushResult(3, Remaining: false, Failure: null), await parts.Pump.PushAsync(grant, default));
        Assert.Equal((2, true), (opened, parts.Pump.IsOpen));
        await parts.Pump.EndAsync(default);
        Assert.False(parts.Pump.IsOpen);
    }

    private WireScript Script => _gateway.Script;

    private async Task RunAsync(Action<SchedulerEvent> report)
    {
        using var connection = NewConnection();
        await new SyncSession(PartsOf(connection), _orders.Reader, report).RunAsync(watch: false, CancellationToken.None);
    }

    private SyncStoreOptions Options() => new() { DatabasePath = "", Gateway = _gateway.Address, Credentials = new FixedToken("dev:ada") };

    private GatewayConnection NewConnection() => new(_gateway.Address, Options().Credentials!, Options());

    private SessionParts PartsOf(GatewayConnection connection)
    {
        var (log, logger) = (_device.Store.Log, NullLogger.Instance);
        var status = new StatusTracker(log, TimeProvider.System);
        var reader = new ChangeReader(connection, log, status, TimeProvider.System, logger);
        return new SessionParts(
            log,
            new Handshaker(connection, log, Options(), logger),
            new PushPump(connection, log, status, logger),
            reader,
            new Reconciliation(connection, new ServerRows(_device.Store.Database), reader, status, Options(), logger),
            status,
            TimeProvider.System);
    }
}
