using System.Collections.Immutable;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// The server's rows as a local database holds them, for a reconciliation: counted from what lies on the disk, compared a level at a time,
/// and mended. Reads block their caller; each is of one snapshot, beside which writes go on.
/// </summary>
internal sealed class ServerRows(ILocalTransactions database)
{
    private const int RowsBetweenLooks = 10_000;

    /// <summary>The digests that are kept, as of the last commit. Of all types that there is something to compare of.</summary>
    public HeldDigests Held
    {
        get
        {
            var meta = database.Meta;
            var types = meta.Types.Asked.Concat(meta.Digests.Shown.Keys).Concat(meta.Drifted)
                .Where(meta.Types.Holds).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
            return new HeldDigests(meta.Lineage, meta.Cursor, [.. types.Select(type => (type, meta.Digests.Of(type)))]);
        }
    }

    public IReadOnlySet<string> Drifted => database.Meta.Drifted;

    /// <summary>When all rows were last compared, by the device's clock.</summary>
    public DateTimeOffset ReconciledAt => DateTimeOffset.FromUnixTimeMilliseconds(database.Meta.ReconciledAt);

    /// <summary>
    /// Counts all rows, and brings the digests that are kept in line with them: by how much they are wrong does not depend on what is
    /// written meanwhile. Types whose digests were wrong, which something else than the library has changed.
    /// </summary>
    /// <param name="progress">Told now and then how many rows were read.</param>
    /// <param name="cancellationToken">Ends the counting.</param>
    public async Task<IReadOnlyList<string>> CountAsync(Action<long> progress, CancellationToken cancellationToken)
    {
        var (known, change) = await database.ReadAsync(
            connection =>
            {
                var (kept, rows, read) = (DigestRows.Read(connection), new DigestChange(), 0L);
                EntityTable.ScanDigests(connection, (type, digest) =>
                {
                    rows.Add(type, digest);
                    if (++read % RowsBetweenLooks != 0) return;
                    cancellationToken.ThrowIfCancellationRequested();
                    progress(read);
                });
                foreach (var (type, digest) in kept.Shown) rows.Subtract(type, digest);
                return (kept.AreKnown, rows);
            },
            cancellationToken);
        if (known && change.IsNothing) return [];
        return await database.RunAsync<IReadOnlyList<string>>(context => Correct(context, change), cancellationToken);
    }

    /// <summary>The sums of a type's buckets, or of the sub-buckets of some, over rows up to a sequence.</summary>
    public Task<Dictionary<int, UInt128>> SumAsync(
        string type, long through, IReadOnlySet<int>? buckets, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
            {
                var sums = new Dictionary<int, UInt128>();
                EntityTable.ScanDigests(
                    connection, type, through, hash => buckets is null || buckets.Contains(hash >> 8),
                    (hash, _, _, digest) =>
                    {
                        var bucket = buckets is null ? hash >> 8 : hash;
                        if (digest.Rows > 0) sums[bucket] = unchecked(sums.GetValueOrDefault(bucket) + digest.Sum);
                    });
                return sums;
            },
            cancellationToken);

    /// <summary>Sequences and digests of the rows of some sub-buckets up to a sequence. Tombstones, and what cannot be read, are left out.</summary>
    public Task<Dictionary<string, RowMark>> ListAsync(
        string type, long through, IReadOnlySet<int> subBuckets, CancellationToken cancellationToken) => database.ReadAsync(
        connection =>
        {
            var marks = new Dictionary<string, RowMark>(StringComparer.Ordinal);
            EntityTable.ScanDigests(connection, type, through, hash => subBuckets.Contains(hash), (_, id, sequence, digest) =>
            {
                if (digest.Rows > 0) marks[id] = new RowMark(sequence, digest.Sum);
            });
            return marks;
        },
        cancellationToken);

    /// <summary>Takes in what the server answered of rows that differ, as of a cursor that was complete when it was asked.</summary>
    public Task<(int Mended, int Dropped)> MendAsync(
        HeldDigests asked,
        IReadOnlyCollection<EntityRow> rows,
        IReadOnlyCollection<EntityKey> absent,
        CancellationToken cancellationToken) =>
        database.RunAsync(context => Mending.Run(context, asked, rows, absent), WriteKind.Repeatable, cancellationToken);

    /// <summary>All types were compared. From here on the next complete page says whether they drift.</summary>
    public Task FinishAsync(ReconcileReport report, DateTimeOffset now, CancellationToken cancellationToken) => database.RunAsync(
        context =>
        {
            context.Meta = context.Meta with { ReconciledAt = now.ToUnixTimeMilliseconds(), Drifted = context.Meta.Drifted.Clear() };
            if (report.Mended + report.Dropped > 0) context.NoteEvent(new SyncEvent.Reconciled(report));
            return true;
        },
        cancellationToken);

    private static List<string> Correct(WriteContext context, DigestChange change)
    {
        var (meta, known) = (context.Meta, context.Meta.Digests.AreKnown);
        // A type that was removed meanwhile has been counted anew.
        var wrong = change.Types.Where(type => !known || meta.Types.Holds(type)).Order(StringComparer.Ordinal).ToList();
        var shown = change.ApplyTo(meta.Digests.Shown, wrong);
        context.Meta = meta with { Digests = meta.Digests with { AreKnown = true, Shown = shown } };
        return known ? wrong : [];
    }
}

/// <summary>The digests of types at a complete cursor.</summary>
internal sealed record HeldDigests(Guid Lineage, long Cursor, ImmutableArray<(string Type, RowDigest Digest)> Types);

/// <summary>What tells one version of a row from another.</summary>
internal readonly record struct RowMark(long Sequence, UInt128 Digest);
