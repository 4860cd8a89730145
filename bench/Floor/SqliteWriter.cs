using OrleansSync.Bench.Floor.V1;
using SQLitePCL;

namespace OrleansSync.Bench.Floor;

/// <summary>The statements of the one connection that writes. For one thread.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private const string Pragmas =
        """
        PRAGMA page_size = 4096;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA wal_autocheckpoint = 8000;
        PRAGMA cache_size = -262144;
        PRAGMA busy_timeout = 5000;
        """;

    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS floor_users (id INTEGER PRIMARY KEY, user TEXT NOT NULL UNIQUE, head INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS floor_rows (
          user INTEGER NOT NULL, entity_id TEXT NOT NULL, seq INTEGER NOT NULL, document TEXT NOT NULL,
          PRIMARY KEY (user, entity_id));
        CREATE INDEX IF NOT EXISTS floor_rows_seq ON floor_rows (user, seq);
        CREATE TABLE IF NOT EXISTS floor_writes (
          user INTEGER NOT NULL, write_id BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (user, write_id)) WITHOUT ROWID;
        """;

    private readonly sqlite3 _database;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _takeUser;
    private readonly SqliteStatement _addWrite;
    private readonly SqliteStatement _putRow;

    public SqliteWriter(string file)
    {
        _database = SqliteStatement.Open(file, Pragmas + Schema);
        _begin = new SqliteStatement(_database, "BEGIN IMMEDIATE");
        _commit = new SqliteStatement(_database, "COMMIT");
        _takeUser = new SqliteStatement(_database,
            """
            INSERT INTO floor_users (user, head) VALUES (?, 1)
            ON CONFLICT (user) DO UPDATE SET head = head + 1 RETURNING id, head
            """);
        _addWrite = new SqliteStatement(_database, "INSERT INTO floor_writes VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
        _putRow = new SqliteStatement(_database,
            """
            INSERT INTO floor_rows VALUES (?, ?, ?, ?)
            ON CONFLICT (user, entity_id) DO UPDATE SET seq = excluded.seq, document = excluded.document
            """);
    }

    public void Begin() => _begin.Run();

    public void Commit() => _commit.Run();

    public void RollBack()
    {
        // Some errors have ended the transaction by themselves.
        if (raw.sqlite3_get_autocommit(_database) == 0) _ = raw.sqlite3_exec(_database, "ROLLBACK");
    }

    public Committed Apply(string user, IReadOnlyList<Write> writes)
    {
        _takeUser.Bind(user).Step();
        var (id, head) = (_takeUser.Int64(0), _takeUser.Int64(1));
        _takeUser.Run();
        List<Write>? fresh = null;
        for (var i = 0; i < writes.Count; i++)
        {
            var write = writes[i];
            if (_addWrite.Bind(id).BindBlob(write.Id).Bind(head).Run() == 1)
            {
                _putRow.Bind(id).Bind(write.EntityId).Bind(head).BindText(write.Document).Run();
                fresh?.Add(write);
            }
            else
            {
                // Most batches are new as a whole, and need no list of their own.
                fresh ??= [.. writes.Take(i)];
            }
        }

        return new Committed(head, fresh ?? writes);
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[_begin, _commit, _takeUser, _addWrite, _putRow]) statement.Dispose();
        _database.Dispose();
    }
}
