namespace OrleansSync.Grains.Storage;

/// <summary>A row in its two columns where a store has it: the texts are UTF-8, and all of it is valid until the store reads on.</summary>
public readonly ref struct RowParts(
    long sequence, ReadOnlySpan<byte> type, ReadOnlySpan<byte> id, ReadOnlySpan<byte> document, ReadOnlySpan<byte> meta)
{
    public long Sequence { get; } = sequence;

    public ReadOnlySpan<byte> Type { get; } = type;

    public ReadOnlySpan<byte> Id { get; } = id;

    public ReadOnlySpan<byte> Document { get; } = document;

    public ReadOnlySpan<byte> Meta { get; } = meta;

    /// <summary>Its share of <see cref="ChangeQuery.MaxBytes"/>.</summary>
    public int Size => Type.Length + Id.Length + Document.Length + Meta.Length;
}
