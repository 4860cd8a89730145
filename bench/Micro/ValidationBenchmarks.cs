using BenchmarkDotNet.Attributes;
using OrleansSync.Core;

namespace OrleansSync.Bench.Micro;

/// <summary>What a gateway does with a batch of 100 before it passes it on; 70 creates and 30 updates. Times are of an operation.</summary>
[MemoryDiagnoser]
public class ValidationBenchmarks
{
    private const int Operations = 100;

    private Operation[] _batch = [];
    private ReadOnlyMemory<byte>[] _objects = [];

    [GlobalSetup]
    public void Setup()
    {
        _batch = [.. Enumerable.Range(0, Operations).Select(static i => i % 10 < 3 ? Samples.Update(i) : Samples.Create(i))];
        _objects = [.. Enumerable.Range(0, Operations).Select(static i => JsonValue.FromText($$"""{"x":{{i}},"y":[1,{"z":"v"}]}""").Utf8)];

        Check.That(OperationRule() == 0 && JsonObjects() == 0);
        Check.That(BatchRule() == _batch.Sum(static operation => OperationEncoding.Encode(operation).Length));
        Check.That(OperationRules.Check(Twice(_batch[^1]), Samples.Schema, Limits.Default) is { Code: FaultCode.DuplicateField });
        Check.That(BatchRules.Check([_batch[0], _batch[0]], Limits.Default, out _) is { Code: FaultCode.DuplicateOperation });
        Check.That(JsonRules.Check("{\"x\":1,\"x\":2}"u8, Limits.Default) is { Code: FaultCode.DuplicateKey });

        static Operation Twice(Operation operation) => operation with { Changes = [.. operation.Changes, operation.Changes[0]] };
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public int OperationRule()
    {
        var faults = 0;
        foreach (var operation in _batch) faults += OperationRules.Check(operation, Samples.Schema, Limits.Default) is null ? 0 : 1;
        return faults;
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public int BatchRule()
    {
        BatchRules.Check(_batch, Limits.Default, out var bytes);
        return bytes;
    }

    /// <summary>Values that are objects, whose keys are compared.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public int JsonObjects()
    {
        var faults = 0;
        foreach (var json in _objects) faults += JsonRules.Check(json.Span, Limits.Default) is null ? 0 : 1;
        return faults;
    }
}
