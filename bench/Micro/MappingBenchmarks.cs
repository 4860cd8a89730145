using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using OrleansSync.Core;
using OrleansSync.Protocol;
using OrleansSync.Protocol.Encoded;
using Encoded = OrleansSync.Protocol.Encoded;
using V1 = OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Micro;

/// <summary>Between the model and the messages of the wire, 100 at a time. Times are of one operation or row.</summary>
[MemoryDiagnoser]
public class MappingBenchmarks
{
    private const int Count = 100;

    private ImmutableArray<Operation> _operations = [];
    private ImmutableArray<EntityRow> _rows = [];
    private V1.OperationBatch _batch = new();
    private byte[] _batchBytes = [];
    private byte[] _pageBytes = [];

    [GlobalSetup]
    public void Setup()
    {
        _operations = [.. Enumerable.Range(0, Count).Select(static i => i % 10 < 3 ? Samples.Update(i) : Samples.Create(i))];
        _rows = [.. Enumerable.Range(0, Count).Select(static i => i % 10 < 3 ? Samples.RichRow(i) : Samples.Row(i))];
        _batch = OperationsToWire();
        (_batchBytes, _pageBytes) = (_batch.ToByteArray(), RowsToPage().ToByteArray());

        Check.That(OperationsFromWire().Select(OperationEncoding.ContentHash).SequenceEqual(_operations.Select(OperationEncoding.ContentHash)));
        Check.That(Digest.OfRows(RowsFromBytes()) == Digest.OfRows(_rows));
        Check.That(PageFromBytes().Equals(RowsToPage()));
        Check.That(BatchFromBytes().Equals(_batch));
        Check.That(OperationsFromBytes().Select(OperationEncoding.ContentHash).SequenceEqual(_operations.Select(OperationEncoding.ContentHash)));
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public V1.OperationBatch OperationsToWire()
    {
        var batch = new V1.OperationBatch();
        foreach (var operation in _operations) batch.Operations.Add(OperationMapping.ToWire(operation));
        return batch;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public ImmutableArray<Operation> OperationsFromWire() =>
    [
        .. _batch.Operations.Select(static wire => OperationMapping.TryRead(wire, Samples.Device, out var operation, out var fault)
            ? operation
            : throw new InvalidOperationException(fault.Message)),
    ];

    /// <summary>What protobuf itself takes for the same, as a yardstick.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public V1.OperationBatch BatchFromBytes() => V1.OperationBatch.Parser.ParseFrom(_batchBytes);

    /// <summary>What the server does: both of the above in one.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public ImmutableArray<Operation> OperationsFromBytes() =>
        OperationReader.TryRead(Encoded.OperationBatch.Parser.ParseFrom(_batchBytes).Operations, Samples.Device, out var operations, out var fault)
            ? operations
            : throw new InvalidOperationException(fault.Message);

    [Benchmark(OperationsPerInvoke = Count)]
    public V1.Page RowsToPage() => PageMapping.ToWire(_rows, [], Samples.Schema);

    /// <summary>What protobuf itself takes to read them, as a yardstick.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public V1.Page PageFromBytes() => V1.Page.Parser.ParseFrom(_pageBytes);

    /// <summary>What a device does.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public ImmutableArray<EntityRow> RowsFromBytes() => PageMapping.ReadRows(Encoded.Page.Parser.ParseFrom(_pageBytes));
}
