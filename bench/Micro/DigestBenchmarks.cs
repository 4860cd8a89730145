using BenchmarkDotNet.Attributes;
using OrleansSync.Core;

namespace OrleansSync.Bench.Micro;

/// <summary>The digest of a row, taken of the old and of the new one at each commit.</summary>
[MemoryDiagnoser]
public class DigestBenchmarks
{
    private readonly EntityRow _plain = Samples.Row(1);
    private readonly EntityRow _rich = Samples.RichRow(1);

    [GlobalSetup]
    public void Setup()
    {
        Check.That(OfPlainRow() != 0 && OfPlainRow() == Digest.OfRow(Samples.Row(1)));
        Check.That(OfRichRow() != OfPlainRow());
        Check.That(Digest.OfRow(_plain with { Sequence = _plain.Sequence + 1 }) != OfPlainRow());
    }

    [Benchmark]
    public UInt128 OfPlainRow() => Digest.OfRow(_plain);

    [Benchmark]
    public UInt128 OfRichRow() => Digest.OfRow(_rich);
}
