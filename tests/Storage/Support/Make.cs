using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Tests.Support;

/// <summary>Rows and sessions with something in every column.</summary>
public static class Make
{
    private static int _operations;

    /// <summary>An id that no other call returns.</summary>
    public static OperationId OperationId() => OperationId(Interlocked.Increment(ref _operations));

    public static OperationId OperationId(int number) => new(new Guid(number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 1));

    public static DeviceId Device(int number) => new(new Guid(number, 1, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 2));

    public static DeviceSession Session(byte seed) => new([.. Enumerable.Repeat(seed, 32)], []);

    public static EntityRow Row(EntityKey key, long sequence, string json, bool deleted = false)
    {
        var stamp = new Stamp(sequence, Owner.Phone);
        return new EntityRow
        {
            Key = key,
            Sequence = sequence,
            Generation = 1,
            Deleted = deleted,
            DeletedAt = deleted ? 1_700_000_000_000 + sequence : 0,
            LastEdit = stamp,
            LastDelete = deleted ? stamp : default,
            Birth = 1,
            Births = [1],
            Fields = [new PlainField("v", stamp, JsonValue.FromText(json))],
            Changes = default(DevicePair).With(Owner.Phone, sequence),
            Edits = default(DevicePair).With(Owner.Phone, sequence),
        };
    }

    public static string ValueOf(EntityRow row) => ((PlainField)row.Fields.Single()).Value!.Value.ToString();
}

/// <summary>Rows are equal when every column is; records compare their arrays by reference.</summary>
public sealed class RowComparer : IEqualityComparer<EntityRow>
{
    public static RowComparer Instance { get; } = new();

    public bool Equals(EntityRow? x, EntityRow? y) => x is null || y is null
        ? x is null && y is null
        : x.Key == y.Key && x.Sequence == y.Sequence
            && RowEncoding.EncodeDocument(x).AsSpan().SequenceEqual(RowEncoding.EncodeDocument(y))
            && RowEncoding.EncodeMeta(x).AsSpan().SequenceEqual(RowEncoding.EncodeMeta(y));

    public int GetHashCode(EntityRow obj) => HashCode.Combine(obj.Key, obj.Sequence);
}

/// <summary>What a page set has brought so far, as a device would hold it.</summary>
public sealed class Replica
{
    public Dictionary<EntityKey, EntityRow> Rows { get; } = [];

    public List<Outcome> Outcomes { get; } = [];

    public void Apply(ChangePage page)
    {
        foreach (var row in page.Rows) Rows[row.Key] = row;
        Outcomes.AddRange(page.Outcomes);
    }

    /// <summary>Pages until complete.</summary>
    public async Task<ChangePage> PullAsync(ISyncStore store, ChangeQuery query)
    {
        while (true)
        {
            var page = (await store.ReadChangesAsync(query, default))!;
            Apply(page);
            if (page.Complete) return page;
            query = query with { After = page.Next, OutcomesAfter = page.Through };
        }
    }
}
