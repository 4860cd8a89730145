using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>The rows of the table before: what the server may have lost, as this device had it.</summary>
internal static class BeforeTable
{
    /// <summary>Remembers the server's rows that are of lost commits; of one that is remembered already, the later one.</summary>
    public static void Fill(LocalConnection connection, SequenceGap lost) => connection.Execute(
        """
        INSERT INTO before(type, id, sequence, fields, meta)
        SELECT type, id, server_sequence, iif(pending, server_fields, fields), iif(pending, server_meta, meta) FROM entities
        WHERE server_sequence > ?1 AND server_sequence <= ?2
        ON CONFLICT(type, id) DO UPDATE SET sequence = excluded.sequence, fields = excluded.fields, meta = excluded.meta
          WHERE excluded.sequence > before.sequence
        """,
        lost.After, lost.Through);

    /// <summary>All of them, one after the other.</summary>
    public static IEnumerable<EntityRow> All(LocalConnection connection)
    {
        for (var last = new EntityKey("", ""); Next(connection, last) is { } row; last = row.Key) yield return row;
    }

    public static void Clear(LocalConnection connection) => connection.Execute("DELETE FROM before");

    private static EntityRow? Next(LocalConnection connection, EntityKey after) => connection.QueryFirst(
        "SELECT type, id, sequence, fields, meta FROM before WHERE (type, id) > (?1, ?2) ORDER BY type, id LIMIT 1",
        static reader => RowEncoding.Decode(EntityTable.KeyOf(reader, 0), reader.Int64(2), reader.Blob(3), reader.Blob(4)),
        after.Type, after.Id);
}
