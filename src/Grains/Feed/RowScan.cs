using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Feed;

/// <summary>
/// Reads the rows of a type to compare them with a device's, a slice at a time, as a pull from the start reads them. A row that changes
/// meanwhile moves past the cursor and out of the scan, so that no two slices need the same head: it differs, and the pull brings it.
/// </summary>
public sealed class RowScan(ISyncStore store)
{
    private const int SliceRows = 4_000;
    private const int SliceBytes = 2 * 1024 * 1024;

    /// <exception cref="StoreUnavailableException">The store does not answer; calling again is safe.</exception>
    public async Task<ScanReply> ReadAsync(ScopeId scope, ScanRequest request)
    {
        var query = new ChangeQuery
        {
            Scope = scope,
            After = new ChangePosition(request.AfterSequence, request.Type, request.AfterId),
            Types = [request.Type],
            SkipTombstonesThrough = null,
            MaxRows = SliceRows,
            MaxBytes = SliceBytes,
        };
        var page = await store.ReadChangesAsync(query, CancellationToken.None);
        if (page is null || page.State.Lineage != request.Lineage) return Refused(FeedStatus.LineageChanged);
        if (request.Through > page.State.Head) return Refused(FeedStatus.CursorAhead);
        var slice = new Slice(request);
        foreach (var row in page.Stored.AsEnumerable())
        {
            if (!slice.TryAdd(row)) break;
        }

        var done = page.Complete || slice.IsPastCursor;
        var isWhole = page.Complete && page.State.Head == request.Through;
        TypeDigest? stored = isWhole ? page.Digests.FirstOrDefault(digest => digest.Type == request.Type, new(request.Type, 0, 0)) : null;
        var last = page.Stored.Count > 0 ? ChangePosition.AfterRow(page.Stored.Last) : default;
        return new ScanReply(
            FeedStatus.Ok, page.State.Head, done, last.Sequence, last.Id ?? "", slice.Sums, slice.Rows, slice.Count, stored);
    }

    public static ScanReply Refused(FeedStatus status) => new(status, 0, true, 0, "", [], [], 0, null);

    /// <summary>The rows of these ids as they are now.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer; calling again is safe.</exception>
    public async Task<RowsReply> LoadAsync(ScopeId scope, Guid lineage, string type, ImmutableArray<string> ids)
    {
        var state = await store.ReadScopeAsync(scope, CancellationToken.None);
        if (state is null || state.Lineage != lineage) return new RowsReply(FeedStatus.LineageChanged, 0, []);
        var rows = await store.LoadAsync(scope, [.. ids.Select(id => new EntityKey(type, id))], CancellationToken.None);
        return new RowsReply(FeedStatus.Ok, state.Head, [.. rows]);
    }

    private sealed class Slice(ScanRequest request)
    {
        private readonly HashSet<int> _wanted = [.. request.Of];
        private readonly Dictionary<int, UInt128> _sums = [];
        private readonly ImmutableArray<RowSum>.Builder _rows = ImmutableArray.CreateBuilder<RowSum>();

        public bool IsPastCursor { get; private set; }

        public long Count { get; private set; }

        public ImmutableArray<BucketSum> Sums => [.. _sums.Select(static sum => new BucketSum(sum.Key, sum.Value))];

        public ImmutableArray<RowSum> Rows => _rows.ToImmutable();

        /// <summary>False: it, and all after it, changed after the cursor.</summary>
        public bool TryAdd(StoredRow row)
        {
            IsPastCursor = row.Sequence > request.Through;
            if (IsPastCursor) return false;
            Count++;
            var id = row.Id;
            var hash = IdHash.Of(id);
            switch (request.Level)
            {
                case ScanLevel.Buckets:
                    Sum(hash >> 8, row);
                    break;
                case ScanLevel.SubBuckets when _wanted.Contains(hash >> 8):
                    Sum(hash, row);
                    break;
                case ScanLevel.Ids when _wanted.Contains(hash):
                    _rows.Add(new RowSum(id, row.Sequence, Digest.OfRow(row.Decode())));
                    break;
                default:
                    break;
            }

            return true;
        }

        private void Sum(int bucket, StoredRow row) =>
            _sums[bucket] = unchecked(_sums.GetValueOrDefault(bucket) + Digest.OfRow(row.Decode()));
    }
}
