namespace OrleansSync.Core.Tests.Merging;

/// <summary>The server's view of one entity: operations commit in the order given, each under the next sequence.</summary>
internal sealed class Ledger(EntitySchema schema)
{
    public EntitySchema Schema { get; set; } = schema;

    public Limits Limits { get; init; } = Limits.Default;

    public SequenceGap Lost { get; init; }

    public EntityRow? Row { get; private set; }

    public long Sequence { get; private set; }

    /// <summary>The row, which is there.</summary>
    public EntityRow Live => Row ?? throw new InvalidOperationException("The entity is absent.");

    public MergeResult Commit(Operation operation)
    {
        Sequence++;
        var result = Merge.Apply(Row, operation, new MergeContext(Schema, Sequence, CommittedAt: 1000 + Sequence, Limits) { Lost = Lost });
        Row = result.Row;
        return result;
    }

    /// <summary>Other entities' commits pass.</summary>
    public void SkipTo(long sequence) => Sequence = sequence - 1;

    /// <summary>The tombstone has been purged.</summary>
    public void Purge() => Row = null;

    public string? Json(string field) => Live.Fields.OfType<PlainField>().SingleOrDefault(held => held.Name == field)?.Value?.ToString();

    public long Count(string field) => Live.Fields.OfType<CounterField>().Single(held => held.Name == field).Saturated;

    public string[] Elements(string field) =>
        [.. Live.Fields.OfType<SetFieldValue>().Single(held => held.Name == field).Entries.Select(static entry => entry.Element.ToString())];
}
