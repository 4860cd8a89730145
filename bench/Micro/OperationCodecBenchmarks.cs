using BenchmarkDotNet.Attributes;
using OrleansSync.Core;

namespace OrleansSync.Bench.Micro;

/// <summary>An operation's canonical bytes: stored by devices, carried between silos, hashed against reuse of ids.</summary>
[MemoryDiagnoser]
public class OperationCodecBenchmarks
{
    private readonly Operation _operation = Samples.Create(1);
    private byte[] _encoded = [];

    [GlobalSetup]
    public void Setup()
    {
        _encoded = Encode();

        Check.That(Size() == _encoded.Length);
        Check.That(Decode().Changes.Length == Samples.DocumentFields);
        Check.That(OperationEncoding.Encode(Decode()).AsSpan().SequenceEqual(_encoded));
        Check.That(ContentHash() == OperationEncoding.ContentHash(Decode()));
        Check.That(ContentHash() != OperationEncoding.ContentHash(Samples.Create(2)));
    }

    [Benchmark]
    public byte[] Encode() => OperationEncoding.Encode(_operation);

    [Benchmark]
    public Operation Decode() => OperationEncoding.Decode(_encoded);

    [Benchmark]
    public UInt128 ContentHash() => OperationEncoding.ContentHash(_operation);

    [Benchmark]
    public int Size() => OperationEncoding.SizeOf(_operation);
}
