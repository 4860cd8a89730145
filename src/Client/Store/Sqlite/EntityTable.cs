using OrleansSync.Core;
using OrleansSync.Sqlite;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>An entity as the local database holds it.</summary>
/// <param name="Local">What the app sees; a tombstone where it was deleted.</param>
/// <param name="ServerSequence">Sequence of the server's row; 0: it has none.</param>
/// <param name="Pending">Operations of this device lie over the server's row.</param>
internal sealed record HeldEntity(EntityRow Local, long ServerSequence, bool Pending);

/// <summary>The rows of the table entities.</summary>
internal static class EntityTable
{
    private const string AddServer =
        """
        INSERT INTO entities(type, id, live, pending, sequence, fields, meta, server_sequence)
        VALUES(?1, ?2, ?3, 0, ?4, ?5, ?6, ?4)
        """;

    private const string InsertServer =
        $"""
        {AddServer}
        ON CONFLICT(type, id) DO UPDATE SET live = excluded.live, pending = 0, sequence = excluded.sequence,
          fields = excluded.fields, meta = excluded.meta, server_sequence = excluded.server_sequence,
          server_fields = NULL, server_meta = NULL
        """;

    private const string ServerColumns =
        "server_sequence, iif(pending, server_fields, fields), iif(pending, server_meta, meta), pending, live, sequence";

    private const string InsertNewer = $"{InsertServer} WHERE excluded.server_sequence > entities.server_sequence";

    public static HeldEntity? Find(LocalConnection connection, EntityKey key) => connection.QueryFirst(
        "SELECT sequence, fields, meta, server_sequence, pending FROM entities WHERE type = ?1 AND id = ?2",
        reader => new HeldEntity(Decode(key, reader, 0), reader.Int64(3), reader.Int64(4) != 0), key.Type, key.Id);

    /// <summary>The document of a live entity.</summary>
    public static byte[]? FindDocument(LocalConnection connection, EntityKey key) => connection.QueryFirst(
        "SELECT fields FROM entities WHERE type = ?1 AND id = ?2 AND live = 1",
        static reader => reader.Blob(0), key.Type, key.Id);

    /// <summary>Live entities of a type in the order of their ids' bytes.</summary>
    public static List<(string Id, byte[] Document)> Page(LocalConnection connection, string type, string after, int limit) => connection.Query(
        "SELECT id, fields FROM entities WHERE type = ?1 AND id > ?2 AND live = 1 ORDER BY id LIMIT ?3",
        static reader => (reader.Text(0), reader.Blob(1)), type, after, limit);

    public static long Count(LocalConnection connection, string type) =>
        connection.Number("SELECT count(*) FROM entities WHERE type = ?1 AND live = 1", type)!.Value;

    /// <summary>Every live entity as the app sees it, and whether operations of this device lie over the server's row.</summary>
    public static void ScanDocuments(LocalConnection connection, Action<EntityKey, byte[], bool> visit) => connection.Scan(
        "SELECT type, id, fields, pending FROM entities WHERE live = 1",
        reader =>
        {
            visit(KeyOf(reader, 0), reader.Blob(2), reader.Int64(3) != 0);
            return true;
        });

    /// <summary>The server's row; <c>null</c>: it has none.</summary>
    public static EntityRow? FindServerRow(LocalConnection connection, EntityKey key) => connection.QueryFirst(
        """
        SELECT server_sequence, iif(pending, server_fields, fields), iif(pending, server_meta, meta) FROM entities
        WHERE type = ?1 AND id = ?2 AND server_sequence > 0
        """,
        reader => Decode(key, reader, 0), key.Type, key.Id);

    /// <summary>Sequence of the server's row; 0: it has none.</summary>
    public static long FindServerSequence(LocalConnection connection, EntityKey key) =>
        connection.Number("SELECT server_sequence FROM entities WHERE type = ?1 AND id = ?2", key.Type, key.Id) ?? 0;

    /// <summary>The digest of the server's row, as <see cref="DigestOf"/>; nothing where it has none.</summary>
    public static RowDigest FindServerDigest(LocalConnection connection, EntityKey key) => connection.QueryFirst(
        $"SELECT {ServerColumns} FROM entities WHERE type = ?1 AND id = ?2 AND server_sequence > 0",
        reader => DigestOf(key, reader, 0), key.Type, key.Id);

    /// <summary>The digest of all rows of the server of a type.</summary>
    public static RowDigest ServerDigestOf(LocalConnection connection, string type)
    {
        var digest = default(RowDigest);
        ScanDigests(connection, type, long.MaxValue, static _ => true, (_, _, _, row) => digest += row);
        return digest;
    }

    /// <summary>The digest of each of the server's rows.</summary>
    public static void ScanDigests(LocalConnection connection, Action<string, RowDigest> visit) => connection.Scan(
        $"SELECT {ServerColumns}, type, id FROM entities WHERE server_sequence > 0",
        reader =>
        {
            var key = KeyOf(reader, 6);
            visit(key.Type, DigestOf(key, reader, 0));
            return true;
        });

    /// <summary>Sub-bucket, id, sequence and digest of the server's rows of a type, in wanted sub-buckets, up to a sequence.</summary>
    public static void ScanDigests(
        LocalConnection connection, string type, long through, Func<int, bool> wanted, Action<int, string, long, RowDigest> visit) =>
        connection.Scan(
            $"SELECT {ServerColumns}, id FROM entities WHERE type = ?1 AND server_sequence > 0 AND server_sequence <= ?2",
            reader =>
            {
                var id = reader.Text(6);
                var hash = IdHash.Of(id);
                if (wanted(hash)) visit(hash, id, reader.Int64(0), DigestOf(new EntityKey(type, id), reader, 0));
                return true;
            },
            type, through);

    /// <summary>
    /// The digest of one of the server's rows, from <c>server_sequence, fields, meta, pending, live, sequence</c>. What lies there and is
    /// not a row any more, or not the one that queries see, counts nothing: so the server's row is missed, and comes again.
    /// </summary>
    public static RowDigest DigestOf(EntityKey key, SqliteStatement reader, int column)
    {
        EntityRow row;
        try
        {
            row = Decode(key, reader, column);
        }
        catch (FormatException)
        {
            return default;
        }

        var isShown = reader.Int64(column + 3) != 0
            || (reader.Int64(column + 4) != 0 != row.Deleted && reader.Int64(column + 5) == row.Sequence);
        return isShown ? RowDigest.Of(row) : default;
    }

    /// <summary>Every row of the server that the database holds, tombstones too.</summary>
    public static void ScanServerRows(LocalConnection connection, string? type, Action<EntityRow> visit) => connection.Scan(
        """
        SELECT server_sequence, iif(pending, server_fields, fields), iif(pending, server_meta, meta), type, id FROM entities
        WHERE server_sequence > 0 AND (?1 IS NULL OR type = ?1)
        """,
        reader =>
        {
            visit(Decode(KeyOf(reader, 3), reader, 0));
            return true;
        },
        type);

    /// <summary>Stores the local row after a write; the server's row stays beside it from now on.</summary>
    public static void SaveWritten(LocalConnection connection, EntityRow local) => connection.Execute(
        """
        INSERT INTO entities(type, id, live, pending, sequence, fields, meta, server_sequence)
        VALUES(?1, ?2, ?3, 1, ?4, ?5, ?6, 0)
        ON CONFLICT(type, id) DO UPDATE SET
          server_fields = iif(pending, server_fields, fields), server_meta = iif(pending, server_meta, meta), pending = 1,
          live = excluded.live, sequence = excluded.sequence, fields = excluded.fields, meta = excluded.meta
        """,
        local.Key.Type, local.Key.Id, local.Deleted ? 0 : 1, local.Sequence, SqlValue.Utf8(RowEncoding.EncodeDocument(local)), RowEncoding.EncodeMeta(local));

    /// <summary>Stores both rows while operations are pending.</summary>
    public static void SavePending(LocalConnection connection, EntityRow local, EntityRow? server) => connection.Execute(
        """
        INSERT INTO entities(type, id, live, pending, sequence, fields, meta, server_sequence, server_fields, server_meta)
        VALUES(?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT(type, id) DO UPDATE SET live = excluded.live, pending = 1, sequence = excluded.sequence,
          fields = excluded.fields, meta = excluded.meta, server_sequence = excluded.server_sequence,
          server_fields = excluded.server_fields, server_meta = excluded.server_meta
        """,
        local.Key.Type, local.Key.Id, local.Deleted ? 0 : 1, local.Sequence, SqlValue.Utf8(RowEncoding.EncodeDocument(local)), RowEncoding.EncodeMeta(local),
        server?.Sequence ?? 0, SqlValue.Utf8(server is null ? null : RowEncoding.EncodeDocument(server)), server is null ? null : RowEncoding.EncodeMeta(server));

    /// <summary>Stores the server's row as the only one: nothing is pending.</summary>
    public static void SaveServer(LocalConnection connection, EntityRow server) =>
        SaveServer(connection, server, RowEncoding.EncodeDocument(server), RowEncoding.EncodeMeta(server), InsertServer);

    /// <summary>The same where there is none; false: there is one.</summary>
    public static bool TryAddServer(LocalConnection connection, EncodedRow server) => SaveServer(connection, server, $"{AddServer} ON CONFLICT DO NOTHING");

    /// <summary>The same, over an older row of the server or none. False: the one that is held is as new.</summary>
    public static bool SaveNewer(LocalConnection connection, EncodedRow server) => SaveServer(connection, server, InsertNewer);

    /// <summary>Stores a row that is never synced.</summary>
    public static void SaveLocal(LocalConnection connection, EntityRow row) => connection.Execute(
        """
        INSERT INTO entities(type, id, live, pending, sequence, fields, meta, server_sequence)
        VALUES(?1, ?2, 1, 0, 0, ?3, ?4, 0)
        ON CONFLICT(type, id) DO UPDATE SET fields = excluded.fields, meta = excluded.meta
        """,
        row.Key.Type, row.Key.Id, SqlValue.Utf8(RowEncoding.EncodeDocument(row)), RowEncoding.EncodeMeta(row));

    /// <summary>Removes the rows of a type but those with operations that are not dead letters.</summary>
    public static int Evict(LocalConnection connection, string type) => connection.Execute(
        """
        DELETE FROM entities AS e WHERE type = ?1
          AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.type = e.type AND o.id = e.id AND o.status < 4)
        """,
        type);

    /// <summary>The type has rows of the server's, or ones that are on their way to it.</summary>
    public static bool AnySynced(LocalConnection connection, string type) => connection.Number(
        """
        SELECT EXISTS (SELECT 1 FROM entities WHERE type = ?1 AND (server_sequence > 0 OR pending))
          OR EXISTS (SELECT 1 FROM operations WHERE type = ?1)
        """,
        type) == 1;

    public static void Remove(LocalConnection connection, EntityKey key) =>
        connection.Execute("DELETE FROM entities WHERE type = ?1 AND id = ?2", key.Type, key.Id);

    /// <summary>Type and id from two columns that follow each other.</summary>
    public static EntityKey KeyOf(SqliteStatement reader, int column) =>
        new(NameTable.Find(reader.Bytes(column)) ?? reader.Text(column), reader.Text(column + 1));

    private static bool SaveServer(LocalConnection connection, EncodedRow server, string sql) =>
        SaveServer(connection, server.Row, server.Document, server.Meta, sql) > 0;

    private static int SaveServer(LocalConnection connection, EntityRow server, byte[] document, byte[] meta, string sql) => connection.Execute(
        sql, server.Key.Type, server.Key.Id, server.Deleted ? 0 : 1, server.Sequence, SqlValue.Utf8(document), meta);

    private static EntityRow Decode(EntityKey key, SqliteStatement reader, int column) => RowEncoding.Decode(
        key, reader.Int64(column), reader.Blob(column + 1), reader.Blob(column + 2));
}
