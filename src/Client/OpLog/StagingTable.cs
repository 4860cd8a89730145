using OrleansSync.Client.Queries;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// The rows of the table staging: what an incomplete pull has brought, not yet visible. It has the columns of entities, so that
/// it can take that table's place; and those of the table fill, which is like it: what was read of a type that is added.
/// </summary>
internal static class StagingTable
{
    // Moving a row costs as much as storing it did, so where staging is much the larger table, as in a first sync, the other one
    // moves. Since entities doubles at least each time, this happens a few times in the life of a database, and may cost a new schema.
    private const int TimesLarger = 2;
    private const int FewRows = 4;

    private const string HasOperations =
        "EXISTS (SELECT 1 FROM operations o WHERE o.type = s.type AND o.id = s.id AND o.status < 4)";

    private const string Columns = "type, id, live, pending, sequence, fields, meta, server_sequence, server_fields, server_meta";

    /// <summary>Of two rows of an entity, the newer one.</summary>
    private const string KeepNewer =
        """
        ON CONFLICT(type, id) DO UPDATE SET live = excluded.live, sequence = excluded.sequence,
          fields = excluded.fields, meta = excluded.meta, server_sequence = excluded.server_sequence
          WHERE excluded.sequence > sequence
        """;

    private const string Values =
        "(type, id, live, pending, sequence, fields, meta, server_sequence) VALUES(?1, ?2, ?3, 0, ?4, ?5, ?6, ?4)";

    /// <summary>Adds a row, or leaves the newer one that is there; by how much the digest of what is staged changes.</summary>
    public static RowDigest Add(LocalConnection connection, EncodedRow row) => Add(
        connection, row, $"INSERT INTO staging{Values} ON CONFLICT DO NOTHING", $"INSERT INTO staging{Values} {KeepNewer}",
        "SELECT server_sequence, fields, meta, 0, live, sequence FROM staging WHERE type = ?1 AND id = ?2");

    /// <summary>The same into the table fill: of a type that is added and not complete.</summary>
    public static RowDigest AddToFill(LocalConnection connection, EncodedRow row) => Add(
        connection, row, $"INSERT INTO fill{Values} ON CONFLICT DO NOTHING", $"INSERT INTO fill{Values} {KeepNewer}",
        "SELECT server_sequence, fields, meta, 0, live, sequence FROM fill WHERE type = ?1 AND id = ?2");

    public static void ClearFill(LocalConnection connection) => connection.Execute("DELETE FROM fill");

    /// <summary>The type is complete: its rows are shown with what else is staged.</summary>
    public static void MoveFill(LocalConnection connection)
    {
        connection.Execute($"INSERT INTO staging({Columns}) SELECT {Columns} FROM fill WHERE true {KeepNewer}");
        ClearFill(connection);
    }

    // Almost every row is new there: what stands in its place is read only where something does.
    private static RowDigest Add(LocalConnection connection, EncodedRow row, string insert, string replace, string find)
    {
        if (Insert(connection, insert, row) > 0) return row.Digest;
        var before = connection.QueryFirst(find, reader => EntityTable.DigestOf(row.Key, reader, 0), row.Key.Type, row.Key.Id);
        return Insert(connection, replace, row) > 0 ? row.Digest - before : default;
    }

    private static int Insert(LocalConnection connection, string sql, EncodedRow row) => connection.Execute(
        sql, row.Key.Type, row.Key.Id, row.Row.Deleted ? 0 : 1, row.Row.Sequence, SqlValue.Utf8(row.Document), row.Meta);

    public static bool IsEmpty(LocalConnection connection) => connection.Number("SELECT 1 FROM staging LIMIT 1") is null;

    /// <summary>What is staged, up to so many; <c>null</c>: more.</summary>
    public static List<EntityKey>? Keys(LocalConnection connection, int most)
    {
        var keys = connection.Query(
            "SELECT type, id FROM staging LIMIT ?1", static reader => EntityTable.KeyOf(reader, 0), most + 1L);
        return keys.Count > most ? null : keys;
    }

    /// <summary>Rows of entities that have operations in the log: their local rows have to be computed.</summary>
    public static List<EntityRow> UnderOperations(LocalConnection connection) => connection.Query(
        $"SELECT type, id, sequence, fields, meta FROM staging s WHERE {HasOperations}",
        static reader => RowEncoding.Decode(
            EntityTable.KeyOf(reader, 0), reader.Int64(2),
            reader.Blob(3), reader.Blob(4)));

    /// <summary>
    /// Entities with an operation that a cursor covers, and that is not kept for inspection, where no staged row takes the place of the
    /// one that is held: their local rows have to be computed.
    /// </summary>
    public static List<EntityKey> CoveredWithoutRow(LocalConnection connection, long cursor, bool always) => connection.Query(
        $"""
        SELECT DISTINCT type, id FROM operations o WHERE {OperationTable.IsCovered}
          AND NOT EXISTS (SELECT 1 FROM staging s WHERE s.type = o.type AND s.id = o.id AND (?2
            OR s.sequence > ifnull((SELECT e.server_sequence FROM entities e WHERE e.type = o.type AND e.id = o.id), 0)))
        """,
        static reader => EntityTable.KeyOf(reader, 0), cursor, always ? 1L : 0L);

    /// <summary>Brings all other rows into view, newer ones over older ones. Staging is empty then.</summary>
    /// <param name="connection">Inside a transaction.</param>
    /// <param name="always">Over any row: the sequences of two lineages cannot be compared.</param>
    /// <param name="digests">Less what is not shown any more, or never will be.</param>
    public static void Show(LocalConnection connection, bool always, DigestChange digests)
    {
        var (staged, shown) = (Highest(connection, "staging"), Highest(connection, "entities"));
        if (shown > 0) SubtractLosers(connection, always, staged < shown, digests);
        if (staged >= FewRows && staged >= TimesLarger * shown) Swap(connection, always);
        else Move(connection, always);
    }

    /// <summary>Of two rows of an entity one is shown. The smaller table is gone through.</summary>
    private static void SubtractLosers(LocalConnection connection, bool always, bool fewStaged, DigestChange digests)
    {
        const string Pairs =
            """
            SELECT s.type, s.id, s.sequence, e.server_sequence,
              s.server_sequence, s.fields, s.meta, 0, s.live, s.sequence,
              e.server_sequence, iif(e.pending, e.server_fields, e.fields), iif(e.pending, e.server_meta, e.meta),
              e.pending, e.live, e.sequence
            """;
        const string Joined = $"ON s.type = e.type AND s.id = e.id WHERE e.server_sequence > 0 AND NOT {HasOperations}";
        connection.Scan(
            fewStaged ? $"{Pairs} FROM staging s CROSS JOIN entities e {Joined}" : $"{Pairs} FROM entities e CROSS JOIN staging s {Joined}",
            reader =>
            {
                var key = EntityTable.KeyOf(reader, 0);
                var isShown = always || reader.Int64(2) > reader.Int64(3);
                digests.Subtract(key.Type, EntityTable.DigestOf(key, reader, isShown ? 10 : 4));
                return true;
            });
    }

    /// <summary>Entities that the server had and that a pull from the start did not bring.</summary>
    public static List<EntityKey> NotBrought(LocalConnection connection) => connection.Query(
        """
        SELECT type, id FROM entities e
        WHERE server_sequence > 0 AND NOT EXISTS (SELECT 1 FROM staging s WHERE s.type = e.type AND s.id = e.id)
        """,
        static reader => EntityTable.KeyOf(reader, 0));

    public static void Clear(LocalConnection connection) => connection.Execute("DELETE FROM staging");

    public static void Remove(LocalConnection connection, string type) => connection.Execute("DELETE FROM staging WHERE type = ?1", type);

    private static void Move(LocalConnection connection, bool always)
    {
        connection.Execute(
            $"""
            INSERT INTO entities({Columns}) SELECT {Columns} FROM staging s WHERE NOT {HasOperations}
            ON CONFLICT(type, id) DO UPDATE SET live = excluded.live, pending = 0, sequence = excluded.sequence,
              fields = excluded.fields, meta = excluded.meta, server_sequence = excluded.server_sequence,
              server_fields = NULL, server_meta = NULL
            WHERE ?1 OR excluded.server_sequence > entities.server_sequence
            """,
            always ? 1L : 0L);
        Clear(connection);
    }

    // The same with the parts exchanged: what entities has goes into staging, unless what is staged there is to win.
    private static void Swap(LocalConnection connection, bool always)
    {
        connection.Execute($"DELETE FROM staging AS s WHERE {HasOperations}");
        connection.Execute(
            $"""
            INSERT INTO staging({Columns}) SELECT {Columns} FROM entities WHERE true
            ON CONFLICT(type, id) DO UPDATE SET live = excluded.live, pending = excluded.pending, sequence = excluded.sequence,
              fields = excluded.fields, meta = excluded.meta, server_sequence = excluded.server_sequence,
              server_fields = excluded.server_fields, server_meta = excluded.server_meta
            WHERE NOT ?1 AND excluded.server_sequence >= staging.server_sequence
            """,
            always ? 1L : 0L);
        var indexes = IndexTable.All(connection);
        connection.RunScript($"DROP TABLE entities; ALTER TABLE staging RENAME TO entities; {DatabaseFormat.CreateStaging}");
        foreach (var (_, sql) in indexes) connection.RunScript(sql);
    }

    // An upper bound of the number of rows that costs nothing to know.
    private static long Highest(LocalConnection connection, string table) =>
        connection.Number($"SELECT max(rowid) FROM {table}") ?? 0;
}
