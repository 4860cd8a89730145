using BenchmarkDotNet.Attributes;
using OrleansSync.Core;

namespace OrleansSync.Bench.Micro;

/// <summary>What a device does with its backlog before it sends it: one run of operations of one entity.</summary>
[MemoryDiagnoser]
public class CompactionBenchmarks
{
    private Operation[] _updates = [];
    private Operation[] _created = [];

    [Params(2, 10, 100)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _updates = [.. Enumerable.Range(1, Length).Select(static later => Samples.Update(0, later))];
        _created = [Samples.Create(0), .. _updates[1..]];

        var updated = UpdatesOfOneField();
        Check.That(updated == 1);
        var created = Compaction.Compact(_created, madeHere: true, Limits.Default);
        Check.That(created is [{ Kind: OperationKind.Create, Changes.Length: Samples.DocumentFields }]);
        Check.That(created[0].Id == _created[^1].Id);
    }

    [Benchmark]
    public int UpdatesOfOneField() => Compaction.Compact(_updates, madeHere: false, Limits.Default).Length;

    [Benchmark]
    public int CreateAndUpdates() => Compaction.Compact(_created, madeHere: true, Limits.Default).Length;
}
