using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using OrleansSync.Bench.Floor.V1;

namespace OrleansSync.Bench.Floor;

/// <summary>One writer at FULL: it takes whatever batches wait into one transaction, and answers them when that is on disk.</summary>
internal sealed class SqliteFloor : IFloorStore
{
    private const int MaxWaiting = 4_096;
    private const int MaxBatches = 64;

    private const string Schema =
        """
        PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -262144;
        CREATE TABLE IF NOT EXISTS floor_users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, head INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS floor_rows (user_id INTEGER NOT NULL, entity_id TEXT NOT NULL, seq INTEGER NOT NULL,
          document TEXT NOT NULL, PRIMARY KEY (user_id, entity_id));
        CREATE INDEX IF NOT EXISTS floor_rows_by_sequence ON floor_rows (user_id, seq);
        CREATE TABLE IF NOT EXISTS floor_writes (user_id INTEGER NOT NULL, write_id BLOB NOT NULL, seq INTEGER NOT NULL,
          PRIMARY KEY (user_id, write_id)) WITHOUT ROWID;
        """;

    private readonly string _file;
    private readonly Channel<Batch> _batches = Channel.CreateBounded<Batch>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly Task _writing;

    public SqliteFloor(string file)
    {
        _file = file;
        var connection = Open();
        using (var schema = connection.CreateCommand())
        {
            schema.CommandText = Schema;
            schema.ExecuteNonQuery();
        }

        _writing = Task.Factory.StartNew(() => Write(connection), TaskCreationOptions.LongRunning);
    }

    public async Task<Committed> WriteAsync(string user, IReadOnlyList<Write> writes)
    {
        var batch = new Batch(user, writes);
        await _batches.Writer.WriteAsync(batch);
        return await batch.Done.Task;
    }

    public async IAsyncEnumerable<Row> ReadAsync(string user, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = Open();
        await using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT entity_id, seq, CAST(document AS BLOB) FROM floor_rows WHERE user_id = (SELECT id FROM floor_users WHERE name = $1) ORDER BY seq";
        command.Parameters.AddWithValue("$1", user);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return new Row
            {
                EntityId = reader.GetString(0),
                Sequence = reader.GetInt64(1),
                Document = UnsafeByteOperations.UnsafeWrap(reader.GetFieldValue<byte[]>(2)),
            };
        }
    }

    public async ValueTask DisposeAsync()
    {
        _batches.Writer.Complete();
        await _writing;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _file, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    private void Write(SqliteConnection connection)
    {
        using var closing = connection;
        using var statements = new SqliteFloorStatements(connection);
        var group = new List<(Batch Batch, Committed Committed)>();
        // A thread of its own: waiting for the disk must not take one from the pool.
        while (_batches.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            group.Clear();
            statements.Begin();
            while (group.Count < MaxBatches && _batches.Reader.TryRead(out var batch)) group.Add((batch, statements.Write(batch.User, batch.Writes)));
            statements.Commit();
            foreach (var (batch, committed) in group) batch.Done.SetResult(committed);
        }
    }

    private sealed record Batch(string User, IReadOnlyList<Write> Writes)
    {
        public TaskCompletionSource<Committed> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
