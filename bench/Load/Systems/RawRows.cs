namespace OrleansSync.Bench.Load.Systems;

/// <summary>Touches what was read, so that reading it cannot be left out.</summary>
internal sealed class RawRows
{
    public long Count { get; private set; }

    public long Bytes { get; private set; }

    public void Add(string type, string id, byte[] fields, byte[] stamps)
    {
        Count++;
        Bytes += type.Length + id.Length + fields.Length + stamps.Length;
    }
}
