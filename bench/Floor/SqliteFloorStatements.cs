using Microsoft.Data.Sqlite;
using OrleansSync.Bench.Floor.V1;
using SQLitePCL;

namespace OrleansSync.Bench.Floor;

/// <summary>The writer's statements, prepared once, on SQLite's own functions: ADO.NET's layer costs about as much as the inserts.</summary>
internal sealed class SqliteFloorStatements(SqliteConnection connection) : IDisposable
{
    private readonly sqlite3 _database = connection.Handle!;
    private readonly sqlite3_stmt _begin = Prepare(connection, "BEGIN IMMEDIATE");
    private readonly sqlite3_stmt _commit = Prepare(connection, "COMMIT");
    private readonly sqlite3_stmt _head = Prepare(
        connection,
        "INSERT INTO floor_users (name, head) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET head = head + 1 RETURNING id, head");

    private readonly sqlite3_stmt _write = Prepare(
        connection, "INSERT INTO floor_writes (user_id, write_id, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");

    private readonly sqlite3_stmt _row = Prepare(
        connection,
        """
        INSERT INTO floor_rows (user_id, entity_id, seq, document) VALUES (?, ?, ?, ?)
        ON CONFLICT (user_id, entity_id) DO UPDATE SET seq = excluded.seq, document = excluded.document
        """);

    public void Begin() => Run(_begin);

    public void Commit() => Run(_commit);

    public Committed Write(string user, IReadOnlyList<Write> writes)
    {
        Done(raw.sqlite3_bind_text(_head, 1, user));
        if (raw.sqlite3_step(_head) != raw.SQLITE_ROW) throw Failed();
        var (id, sequence) = (raw.sqlite3_column_int64(_head, 0), raw.sqlite3_column_int64(_head, 1));
        Done(raw.sqlite3_reset(_head));
        var applied = 0;
        foreach (var write in writes)
        {
            Done(raw.sqlite3_bind_int64(_write, 1, id));
            Done(raw.sqlite3_bind_blob(_write, 2, write.Id.Span));
            Done(raw.sqlite3_bind_int64(_write, 3, sequence));
            Run(_write);
            if (raw.sqlite3_changes(_database) == 0) continue;
            applied++;
            Done(raw.sqlite3_bind_int64(_row, 1, id));
            Done(raw.sqlite3_bind_text(_row, 2, write.EntityId));
            Done(raw.sqlite3_bind_int64(_row, 3, sequence));
            Done(raw.sqlite3_bind_text(_row, 4, write.Document.Span));
            Run(_row);
        }

        return new Committed(sequence, applied);
    }

    public void Dispose()
    {
        foreach (var statement in new[] { _begin, _commit, _head, _write, _row }) statement.Dispose();
    }

    private static sqlite3_stmt Prepare(SqliteConnection connection, string sql)
    {
        var result = raw.sqlite3_prepare_v3(connection.Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement);
        return result == raw.SQLITE_OK ? statement : throw new SqliteException(raw.sqlite3_errmsg(connection.Handle).utf8_to_string(), result);
    }

    private void Run(sqlite3_stmt statement)
    {
        if (raw.sqlite3_step(statement) != raw.SQLITE_DONE) throw Failed();
        Done(raw.sqlite3_reset(statement));
    }

    private void Done(int result)
    {
        if (result != raw.SQLITE_OK) throw Failed();
    }

    private SqliteException Failed() =>
        new(raw.sqlite3_errmsg(_database).utf8_to_string(), raw.sqlite3_extended_errcode(_database));
}
