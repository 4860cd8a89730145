using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>The rows of the table staging: what an incomplete pull has brought, not yet visible.</summary>
internal static class StagingTable
{
    private const string HasOperations =
        "EXISTS (SELECT 1 FROM operations o WHERE o.type = s.type AND o.id = s.id AND o.status < 4)";

    public static void Add(LocalConnection connection, EntityRow row) => connection.Execute(
        """
        INSERT INTO staging(type, id, live, sequence, fields, meta) VALUES($1, $2, $3, $4, CAST($5 AS TEXT), $6)
        ON CONFLICT(type, id) DO UPDATE SET live = excluded.live, sequence = excluded.sequence,
          fields = excluded.fields, meta = excluded.meta WHERE excluded.sequence > staging.sequence
        """,
        row.Key.Type, row.Key.Id, row.Deleted ? 0 : 1, row.Sequence, RowEncoding.EncodeDocument(row), RowEncoding.EncodeMeta(row));

    public static List<EntityKey> Keys(LocalConnection connection) => connection.Query(
        "SELECT type, id FROM staging", static reader => new EntityKey(reader.GetString(0), reader.GetString(1)));

    /// <summary>Rows of entities that have operations in the log: their local rows have to be computed.</summary>
    public static List<EntityRow> UnderOperations(LocalConnection connection) => connection.Query(
        $"SELECT type, id, sequence, fields, meta FROM staging s WHERE {HasOperations}",
        static reader => RowEncoding.Decode(
            new EntityKey(reader.GetString(0), reader.GetString(1)), reader.GetInt64(2),
            reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4)));

    /// <summary>Moves all other rows into view, newer ones over older ones.</summary>
    /// <param name="connection">Inside a transaction.</param>
    /// <param name="always">Over any row: the sequences of two lineages cannot be compared.</param>
    public static void MoveOthers(LocalConnection connection, bool always) => connection.Execute(
        $"""
        INSERT INTO entities(type, id, live, pending, sequence, fields, meta, server_sequence)
        SELECT s.type, s.id, s.live, 0, s.sequence, s.fields, s.meta, s.sequence FROM staging s WHERE NOT {HasOperations}
        ON CONFLICT(type, id) DO UPDATE SET live = excluded.live, pending = 0, sequence = excluded.sequence,
          fields = excluded.fields, meta = excluded.meta, server_sequence = excluded.server_sequence,
          server_fields = NULL, server_meta = NULL
        WHERE $1 OR excluded.server_sequence > entities.server_sequence
        """,
        always ? 1L : 0L);

    /// <summary>Entities that the server had and that a pull from the start did not bring.</summary>
    public static List<EntityKey> NotBrought(LocalConnection connection) => connection.Query(
        """
        SELECT type, id FROM entities e
        WHERE server_sequence > 0 AND NOT EXISTS (SELECT 1 FROM staging s WHERE s.type = e.type AND s.id = e.id)
        """,
        static reader => new EntityKey(reader.GetString(0), reader.GetString(1)));

    public static void Clear(LocalConnection connection) => connection.Execute("DELETE FROM staging");
}
