using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Tests.Store;

public sealed class MetricsTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly List<(string Name, double Value, string? Outcome)> _measured = [];
    private readonly List<Instrument> _instruments = [];
    private readonly MeterListener _listener = new();
    private ScriptedGateway _gateway = null!;
    private TestDevice _device = null!;

    public async Task InitializeAsync()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Other tests have stores too.
            if (!ReferenceEquals(instrument.Meter.Scope, factory)) return;
            _instruments.Add(instrument);
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>(Note);
        _listener.SetMeasurementEventCallback<long>(Note);
        _listener.SetMeasurementEventCallback<double>(Note);
        _listener.Start();
        _gateway = await ScriptedGateway.StartAsync();
        _device = await TestDevice.OpenAsync(_gateway.Address, options => options with { TimeProvider = _time, MeterFactory = factory });
    }

    public async Task DisposeAsync()
    {
        await _device.DisposeAsync();
        await _gateway.DisposeAsync();
        _listener.Dispose();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task R13_The_meter_tells_queue_latency_and_outcomes_of_a_known_run()
    {
        await _device.PutAsync("applied", "x");
        _time.Advance(TimeSpan.FromSeconds(7));
        await _device.PutAsync("merged", "x");
        await _device.PutAsync("rejected", "x");
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal([("depth", 3d), ("oldest", 10d), ("dead_letters", 0d)], Gauges());
        _gateway.Script.Rewrite = acknowledgement =>
        {
            acknowledgement.Outcomes[1].Kind = OutcomeKind.Merged;
            acknowledgement.Outcomes[2].Kind = OutcomeKind.Rejected;
            acknowledgement.Outcomes[2].Rejection = new Rejection { Reason = RejectionReason.Conflict };
        };
        await _device.Store.SyncNowAsync();
        _gateway.Script.Rewrite = null;
        await _device.PutAsync("given up", "x");
        _gateway.Script.OnBatch = static _ => throw WireFaults.Malformed(0);
        await _device.Store.SyncNowAsync();

        Assert.Equal([("depth", 0d), ("oldest", 0d), ("dead_letters", 2d)], Gauges());
        Assert.Equal(
            [("applied", 1d), ("merged", 1d), ("rejected", 1d), ("given_up", 1d)],
            Of("orleanssync.client.operations").Select(static one => (one.Outcome, one.Value)));
        Assert.Equal(
            [("applied", 10d), ("merged", 3d), ("rejected", 3d)],
            Of("orleanssync.client.sync.latency").Select(static one => (one.Outcome, one.Value)));
    }

    [Fact]
    public async Task R13_Every_instrument_has_its_unit_and_stands_in_the_documentation()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(OrleansSync.Generators.SourceTree.Root, "docs", "metrics.md"));
        Assert.Equal(7, _instruments.Count);
        Assert.All(_instruments, one => Assert.Contains($"| `{one.Name}` | {one.Unit} |", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_is_closed_measures_nothing_and_disturbs_nobody()
    {
        await _device.Store.DisposeAsync();
        Assert.Empty(Gauges());
    }

    private List<(string, double)> Gauges()
    {
        _measured.RemoveAll(static one => one.Outcome is null);
        _listener.RecordObservableInstruments();
        return [.. _measured.Where(static one => one.Outcome is null).Select(static one => (one.Name.Split('.')[^1], one.Value))];
    }

    private IEnumerable<(string Name, double Value, string? Outcome)> Of(string name) => _measured.Where(one => one.Name == name);

    private void Note<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
        where T : struct, IConvertible
    {
        Assert.True(tags.Length <= 1);
        _measured.Add((instrument.Name, value.ToDouble(null), tags.Length == 0 ? null : (string?)tags[0].Value));
    }
}
