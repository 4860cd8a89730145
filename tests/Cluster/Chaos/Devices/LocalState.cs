using OrleansSync.Chaos.History;
using OrleansSync.Client;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Devices;

/// <summary>Reads what a device holds, cursor and rows in one snapshot, past its public surface.</summary>
internal static class LocalState
{
    /// <summary>
    /// All rows but those of the conflict inbox, of which the journal does not say all; <c>null</c>: everything is being pulled again, and what
    /// is visible meanwhile is of no cursor.
    /// </summary>
    public static Task<Snapshot?> SnapshotAsync(SyncStore store, CancellationToken cancellationToken) => store.Database.ReadAsync(
        static connection =>
        {
            if (connection.Number("SELECT value FROM meta WHERE key = 'resyncing'") is > 0) return null;
            UInt128 sum = 0;
            var rows = new Dictionary<string, long>(StringComparer.Ordinal);
            EntityTable.ScanServerRows(connection, null, row =>
            {
                if (row.Key.Type == ParkedOperation.Type) return;
                sum = unchecked(sum + Digest.OfRow(row));
                rows.Add(row.Key.ToString(), row.Sequence);
            });
            return (Snapshot?)new Snapshot(Cursor(connection), sum.ToString("x32"), rows);
        },
        cancellationToken);

    public static Task<(long Cursor, List<HeldRow> Rows)> RowsAsync(SyncStore store, CancellationToken cancellationToken) =>
        store.Database.ReadAsync(
            static connection =>
            {
                var rows = new List<HeldRow>();
                EntityTable.ScanServerRows(connection, null, row => rows.Add(new HeldRow(
                    row.Key.Type,
                    row.Key.Id,
                    row.Sequence,
                    System.Text.Encoding.UTF8.GetString(RowEncoding.EncodeDocument(row)),
                    RowEncoding.EncodeMeta(row))));
                return (Cursor(connection), rows);
            },
            cancellationToken);

    private static long Cursor(LocalConnection connection) =>
        connection.Number("SELECT value FROM meta WHERE key = 'cursor'") ?? 0;
}
