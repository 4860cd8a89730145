using BenchmarkDotNet.Attributes;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Bench.Micro;

/// <summary>A device's pending operations of one entity over the server's row: what each pulled row costs beside the disk.</summary>
[MemoryDiagnoser]
public class RebaseBenchmarks
{
    private readonly LocalMeta _meta = new() { Device = Samples.Device, Schema = Samples.Schema };
    private readonly EntityRow _server = Samples.Row(0);
    private Operation[] _pending = [];

    [Params(1, 10)]
    public int Pending { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _pending = [.. Enumerable.Range(1, Pending).Select(static later => later % 2 == 0
            ? Samples.Follow(0, later, OperationKind.Update, new IncrementField("minutes", 5))
            : Samples.Update(0, later))];

        var local = Overlay();
        Check.That(Samples.Text(local, "title")!.Contains("yearly", StringComparison.Ordinal));
        Check.That((local!.Fields.OfType<CounterField>().SingleOrDefault()?.Value ?? 0) == Pending / 2 * 5);
        Check.That(local.LastEdit == _pending[^1].Stamp);
    }

    [Benchmark]
    public EntityRow? Overlay()
    {
        EntityRow? row = _server;
        foreach (var operation in _pending) row = Rebase.Apply(row, operation, writtenAt: 1, _meta).Row;
        return row;
    }
}
