using OrleansSync.Client.OpLog;
using OrleansSync.Core;
using OrleansSync.Protocol;

namespace OrleansSync.Client.Sync.Reconciling;

/// <summary>Finds the rows of one type that differ, level by level, and mends them. What is asked is as large as what differs.</summary>
internal sealed class TypeComparison(ServerRows rows, ReconcileCalls calls, HeldDigests held, string type)
{
    public int Mended { get; private set; }

    public int Dropped { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var buckets = Differing(
            await rows.SumAsync(type, held.Cursor, buckets: null, cancellationToken),
            await calls.SumAsync(type, [], cancellationToken));
        if (buckets.Count == 0) return;
        var subBuckets = Differing(
            await rows.SumAsync(type, held.Cursor, buckets, cancellationToken),
            await calls.SumAsync(type, buckets, cancellationToken));
        if (subBuckets.Count == 0) return;
        var here = await rows.ListAsync(type, held.Cursor, subBuckets, cancellationToken);
        var ofBucket = here.ToLookup(static row => (int)IdHash.Of(row.Key));
        foreach (var some in subBuckets.Order().Chunk(ReconcileBounds.SubBuckets))
        {
            var there = await calls.ListAsync(type, some, cancellationToken);
            var ids = there.Where(row => !here.TryGetValue(row.Key, out var mark) || mark != row.Value).Select(static row => row.Key)
                .Concat(some.SelectMany(bucket => ofBucket[bucket]).Select(static row => row.Key).Where(id => !there.ContainsKey(id)));
            foreach (var asked in ids.Chunk(ReconcileBounds.Rows)) await MendAsync(asked, cancellationToken);
        }
    }

    private async Task MendAsync(string[] ids, CancellationToken cancellationToken)
    {
        var sent = await calls.RowsAsync(type, ids, cancellationToken);
        var absent = ids.Except(sent.Select(static row => row.Key.Id), StringComparer.Ordinal).Select(id => new EntityKey(type, id));
        var (mended, dropped) = await rows.MendAsync(held, sent, [.. absent], cancellationToken);
        (Mended, Dropped) = (Mended + mended, Dropped + dropped);
    }

    private static HashSet<int> Differing(Dictionary<int, UInt128> left, Dictionary<int, UInt128> right) =>
        [.. left.Keys.Union(right.Keys).Where(bucket => left.GetValueOrDefault(bucket) != right.GetValueOrDefault(bucket))];
}
