using BenchmarkDotNet.Attributes;
using OrleansSync.Core;

namespace OrleansSync.Bench.Micro;

/// <summary>One operation into one row. The mixed stream is the goal's: 1,000,000 operations a second on one core.</summary>
[MemoryDiagnoser]
public class MergeBenchmarks
{
    private const int Operations = 1_000;
    private const int UpdatesInTen = 3;

    private Step[] _creates = [];
    private Step[] _updates = [];
    private Step[] _increments = [];
    private Step[] _adds = [];
    private Step[] _deletes = [];
    private Step[] _mixed = [];

    [GlobalSetup]
    public void Setup()
    {
        _creates = Steps(static i => new Step(null, Samples.Create(i)));
        _updates = Steps(static i => new Step(Samples.Row(i), Samples.Update(i)));
        _increments = Steps(static i => new Step(Samples.Row(i), Samples.Increment(i)));
        _adds = Steps(static i => new Step(Samples.Row(i), Samples.AddLabel(i)));
        _deletes = Steps(static i => new Step(Samples.Row(i), Samples.Delete(i)));
        _mixed = Steps(i => (i % 10 < UpdatesInTen ? _updates : _creates)[i]);

        Check.That(_mixed.Count(static step => step.Row is null) == 700);
        CheckAll(_creates, static (step, row) => row.Fields.Length == Samples.DocumentFields && row.Key == step.Operation.Entity);
        CheckAll(_updates, static (_, row) => Samples.Text(row, "title")!.Contains("yearly", StringComparison.Ordinal));
        CheckAll(_increments, static (_, row) => row.Fields.OfType<CounterField>().Single().Value == 25);
        CheckAll(_adds, static (_, row) => row.Fields.OfType<SetFieldValue>().Single().Entries.Length == 1);
        CheckAll(_deletes, static (_, row) => row.Deleted);
        CheckAll(_mixed, static (_, row) => row.Fields.Length == Samples.DocumentFields);
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public long Create() => Run(_creates);

    [Benchmark(OperationsPerInvoke = Operations)]
    public long UpdateOneField() => Run(_updates);

    [Benchmark(OperationsPerInvoke = Operations)]
    public long Increment() => Run(_increments);

    [Benchmark(OperationsPerInvoke = Operations)]
    public long AddToSet() => Run(_adds);

    [Benchmark(OperationsPerInvoke = Operations)]
    public long Delete() => Run(_deletes);

    [Benchmark(OperationsPerInvoke = Operations)]
    public long Mixed() => Run(_mixed);

    private static Step[] Steps(Func<int, Step> step) => [.. Enumerable.Range(0, Operations).Select(step)];

    private static void CheckAll(Step[] steps, Func<Step, EntityRow, bool> holds)
    {
        foreach (var step in steps)
        {
            var result = Merge.Apply(step.Row, step.Operation, Samples.Context);
            Check.That(result.Kind == OutcomeKind.Applied);
            Check.That(holds(step, result.Row!));
        }
    }

    private static long Run(Step[] steps)
    {
        long sum = 0;
        foreach (var (row, operation) in steps) sum += Merge.Apply(row, operation, Samples.Context).Row!.Sequence;
        return sum;
    }

    private readonly record struct Step(EntityRow? Row, Operation Operation);
}
