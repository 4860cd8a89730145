using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Generators;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Tests.Life;

/// <summary>What the meters of server and devices say after a known run, as an exporter gets it.</summary>
public sealed class MetricsTests : IAsyncLifetime
{
    private readonly ServiceProvider _devices = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly List<Metric> _exported = [];
    private LifeServer _life = null!;
    private MeterProvider _provider = null!;

    public async Task InitializeAsync()
    {
        _life = await LifeServer.StartAsync(static sync =>
        {
            sync.AcceptUndeclaredTypes(false);
            sync.Entity("tasks");
            sync.Entity("payments").Policy(ConflictPolicy.Reject);
        });
        // Other tests of this process have servers and devices too.
        IMeterFactory[] ours = [_life.Server.Services.GetRequiredService<IMeterFactory>(), Devices];
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter("OrleansSync.Server", "OrleansSync.Gateway", "OrleansSync.Client")
            .AddView(instrument => ours.Contains(instrument.Meter.Scope) ? null : MetricStreamConfiguration.Drop)
            .AddInMemoryExporter(_exported, static reader => reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = int.MaxValue)
            .Build();
    }

    public async Task DisposeAsync()
    {
        _provider.Dispose();
        await _life.DisposeAsync();
        await _devices.DisposeAsync();
    }

    [Fact]
    public async Task R27_Server_and_devices_tell_names_units_tags_and_values_of_a_known_run()
    {
        var user = SharedServer.NewUser();
        var (a, b) = (await _life.OpenAsync(user, "a", Devices), await _life.OpenAsync(user, "b", Devices));
        await a.TransactionAsync(tx =>
        {
            foreach (var type in new[] { "tasks", "payments" }) tx.Put(a.Collection(type), new SyncDocument("1", new JsonObject { ["v"] = 0 }));
        });
        await LifeServer.SyncAsync(a, b);
        // Both types meet a change that their device has not seen: one is merged, one refused.
        foreach (var type in new[] { "tasks", "payments" })
        {
            await a.Collection(type).PatchAsync("1", static patch => patch.Set("a", 1L));
            await b.Collection(type).PatchAsync("1", static patch => patch.Set("b", 1L));
        }

        await LifeServer.SyncAsync(a, b);
        await a.Collection("tasks").DeleteAsync("1");
        await a.SyncNowAsync();
        // By hand: the same operation twice, and a stream that stays open.
        var wire = await TestDevice.OpenAsync(_life.Server, user);
        var twice = wire.Create("tasks", "2");
        await wire.PushAsync(twice);
        await wire.PushAsync(twice);
        using var watch = new WatchReader(wire.Watch());
        await watch.NextAsync();
        await wire.PushAsync(wire.Create("tasks", "3"));
        await watch.NextAsync();
        _life.Time.Advance(TimeSpan.FromDays(31));
        await _life.PurgeAsync();

        await Eventually.IsAsync(
            () => Task.FromResult(Count("orleanssync.gateway.watch.lag") == 1), TimeSpan.FromSeconds(30), "the watcher's lag was measured");
        Assert.Equal(7, Sum("orleanssync.server.operations", "outcome", "applied"));
        Assert.Equal(1, Sum("orleanssync.server.operations", "outcome", "merged"));
        Assert.Equal(1, Sum("orleanssync.server.operations", "outcome", "rejected"));
        Assert.Equal(1, Sum("orleanssync.server.rejections", "reason", "conflict"));
        Assert.Equal(1, Sum("orleanssync.server.conflicts", "policy", "field_merge"));
        Assert.Equal(1, Sum("orleanssync.server.conflicts", "policy", "reject"));
        Assert.Equal(1, Sum("orleanssync.server.duplicates"));
        Assert.Equal(9, Total("orleanssync.server.commit.operations"));
        Assert.Equal(Count("orleanssync.server.commit.operations"), Count("orleanssync.server.commit.duration"));
        Assert.Equal(1, Sum("orleanssync.server.purged", "kind", "tombstone"));
        Assert.Equal(0, Gauge("orleanssync.server.tombstones"));
        Assert.Equal(1, Sum("orleanssync.gateway.watchers"));
        Assert.True(Total("orleanssync.server.device.queue.depth") >= 2, "devices reported what they had waiting");
        Assert.Equal(Count("orleanssync.server.device.queue.depth"), Count("orleanssync.server.device.queue.oldest"));
        // The devices' own meter says the same of what was theirs.
        Assert.Equal(5, Sum("orleanssync.client.operations", "outcome", "applied"));
        Assert.Equal(1, Sum("orleanssync.client.operations", "outcome", "merged"));
        Assert.Equal(1, Sum("orleanssync.client.operations", "outcome", "rejected"));
        // A gauge tells one store: the exporter takes the last word under a name.
        await b.DisposeAsync();
        await a.Collection("tasks").PutAsync(new SyncDocument("late", []));
        Assert.Equal(1, Gauge("orleanssync.client.queue.depth"));
        await StandInTheDocumentationAsync();
    }

    private IMeterFactory Devices => _devices.GetRequiredService<IMeterFactory>();

    private async Task StandInTheDocumentationAsync()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "docs", "metrics.md"));
        Metric[] all = [.. Collect()];
        Assert.True(all.Length >= 15, $"only {string.Join(", ", all.Select(static metric => metric.Name))}");
        foreach (var metric in all)
        {
            Assert.Contains($"| `{metric.Name}` | {metric.Unit} |", page, StringComparison.Ordinal);
            foreach (var point in Points(metric))
            {
                foreach (var tag in point.Tags) Assert.Contains(tag.Key, new[] { "outcome", "reason", "policy", "kind" });
            }
        }
    }

    private List<Metric> Collect()
    {
        _exported.Clear();
        _provider.ForceFlush();
        return [.. _exported];
    }

    private long Sum(string name, string? tag = null, string? value = null) =>
        Matching(name, tag, value).Sum(static point => point.GetSumLong());

    private double Total(string name) => Matching(name).Sum(static point => point.GetHistogramSum());

    private long Count(string name) => Matching(name).Sum(static point => point.GetHistogramCount());

    private long Gauge(string name) => Matching(name).Sum(static point => point.GetGaugeLastValueLong());

    private List<MetricPoint> Matching(string name, string? tag = null, string? value = null) =>
        [.. Collect().Where(metric => metric.Name == name).SelectMany(Points).Where(point => tag is null || Has(point, tag, value!))];

    private static bool Has(MetricPoint point, string tag, string value)
    {
        foreach (var one in point.Tags)
        {
            if (one.Key == tag && Equals(one.Value, value)) return true;
        }

        return false;
    }

    private static List<MetricPoint> Points(Metric metric)
    {
        var points = new List<MetricPoint>();
        foreach (ref readonly var point in metric.GetMetricPoints()) points.Add(point);
        return points;
    }
}
