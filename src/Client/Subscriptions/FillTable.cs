using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.Subscriptions;

/// <summary>The rows of the table fill: what has been read so far of the type that is being filled. It has the columns of staging.</summary>
internal static class FillTable
{
    private const string Columns = "type, id, live, pending, sequence, fields, meta, server_sequence";

    public static void Add(LocalConnection connection, EntityRow row) => connection.Execute(
        """
        INSERT INTO fill(type, id, live, pending, sequence, fields, meta, server_sequence)
        VALUES(?1, ?2, ?3, 0, ?4, ?5, ?6, ?4)
        ON CONFLICT(type, id) DO UPDATE SET live = excluded.live, sequence = excluded.sequence,
          fields = excluded.fields, meta = excluded.meta, server_sequence = excluded.server_sequence
          WHERE excluded.sequence > fill.sequence
        """,
        row.Key.Type, row.Key.Id, row.Deleted ? 0 : 1, row.Sequence, SqlValue.Utf8(RowEncoding.EncodeDocument(row)), RowEncoding.EncodeMeta(row));

    public static void Clear(LocalConnection connection) => connection.Execute("DELETE FROM fill");

    /// <summary>To what an incomplete pull has brought: both are shown with the next complete one.</summary>
    public static void MoveToStaging(LocalConnection connection)
    {
        connection.Execute(
            $"""
            INSERT INTO staging({Columns}) SELECT {Columns} FROM fill WHERE true
            ON CONFLICT(type, id) DO UPDATE SET live = excluded.live, sequence = excluded.sequence,
              fields = excluded.fields, meta = excluded.meta, server_sequence = excluded.server_sequence
              WHERE excluded.sequence > staging.sequence
            """);
        Clear(connection);
    }
}
