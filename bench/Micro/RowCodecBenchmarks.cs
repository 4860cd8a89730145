using BenchmarkDotNet.Attributes;
using OrleansSync.Core;

namespace OrleansSync.Bench.Micro;

/// <summary>A row to and from its two columns: what each read and write of a store costs beside the store.</summary>
[MemoryDiagnoser]
public class RowCodecBenchmarks
{
    private EntityRow _plain = Samples.Row(0);
    private EntityRow _rich = Samples.RichRow(0);
    private byte[] _plainDocument = [];
    private byte[] _plainMeta = [];
    private byte[] _richDocument = [];
    private byte[] _richMeta = [];

    [GlobalSetup]
    public void Setup()
    {
        (_plain, _rich) = (Samples.Row(1), Samples.RichRow(1));
        (_plainDocument, _plainMeta) = (EncodePlainDocument(), EncodePlainMeta());
        (_richDocument, _richMeta) = (RowEncoding.EncodeDocument(_rich), EncodeRichMeta());

        Check.That(_plainDocument.Length is > 180 and < 260);
        Check.That(Digest.OfRow(DecodePlain()) == Digest.OfRow(_plain));
        Check.That(Digest.OfRow(DecodeRich()) == Digest.OfRow(_rich));
        Check.That(DecodeRich().Fields.OfType<SetFieldValue>().Single().Entries.Length == 2);
    }

    [Benchmark]
    public byte[] EncodePlainDocument() => RowEncoding.EncodeDocument(_plain);

    [Benchmark]
    public byte[] EncodePlainMeta() => RowEncoding.EncodeMeta(_plain);

    [Benchmark]
    public byte[] EncodeRichMeta() => RowEncoding.EncodeMeta(_rich);

    [Benchmark]
    public EntityRow DecodePlain() => RowEncoding.Decode(_plain.Key, _plain.Sequence, _plainDocument, _plainMeta);

    [Benchmark]
    public EntityRow DecodeRich() => RowEncoding.Decode(_rich.Key, _rich.Sequence, _richDocument, _richMeta);
}
