using System.Collections.Concurrent;
using OrleansSync.Client;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;

namespace OrleansSync.Convergence.Tests.Devices;

/// <summary>A device's disk: what is committed there outlives its processes.</summary>
internal interface IDeviceStorage : IDisposable
{
    /// <summary>Opens the database as a process does that starts.</summary>
    ILocalTransactions Open();

    /// <summary>
    /// How many times all that was committed has been on the disk; <c>null</c>: it is now. A power cut takes what came after the last.
    /// </summary>
    int? Unsynced { get; }

    /// <summary>The process is gone.</summary>
    void Close();

    /// <summary>So is what was committed and not waited for.</summary>
    void CutPower();
}

/// <summary>
/// A database in memory, with the product's tables and statements, run on the caller's thread. What need not be durable stays in an open
/// transaction, which a power cut rolls back. Connections are used again by later runs: preparing their statements costs more than a run.
/// </summary>
internal sealed class MemoryStorage(SyncStoreOptions options) : IDeviceStorage
{
    private const string Memory = ":memory:";

    private static readonly ConcurrentBag<LocalConnection> Idle = [];

    private readonly LocalConnection _connection = Idle.TryTake(out var idle) ? idle : NewConnection();

    private int _syncs;

    public int? Unsynced => _connection.InAutocommit ? null : _syncs;

    public ILocalTransactions Open()
    {
        Sync();
        return new Transactions(this, LocalDatabase.Recover(_connection, options));
    }

    public void Close()
    {
        // What was committed stays; there is nothing else.
    }

    public void CutPower()
    {
        if (!_connection.InAutocommit) _connection.Execute("ROLLBACK");
    }

    public void Dispose()
    {
        Sync();
        foreach (var table in (string[])["meta", "entities", "operations", "attempted", "staging", "fill"]) _connection.Execute($"DELETE FROM {table}");
        Idle.Add(_connection);
    }

    private void Sync()
    {
        if (_connection.InAutocommit) return;
        _connection.Execute("COMMIT");
        _syncs++;
    }

    private static LocalConnection NewConnection()
    {
        var connection = LocalConnection.Open(Memory, readOnly: false);
        DatabaseFormat.Apply(connection, Memory);
        return connection;
    }

    /// <summary>The writer's transaction, one write a group, without its thread.</summary>
    private sealed class Transactions(MemoryStorage storage, LocalMeta meta) : ILocalTransactions
    {
        private readonly LocalConnection _connection = storage._connection;

        public LocalMeta Meta { get; private set; } = meta;

        public Task<T> RunAsync<T>(Func<WriteContext, T> work, WriteKind kind, CancellationToken cancellationToken)
        {
            var context = new WriteContext(_connection, Meta);
            if (_connection.InAutocommit) _connection.Execute("BEGIN IMMEDIATE");
            _connection.Execute("SAVEPOINT one_write");
            try
            {
                var writes = _connection.Writes;
                var result = work(context);
                MetaTable.Save(_connection, Meta, context.Meta);
                var waits = !kind.HasFlag(WriteKind.Repeatable) && (!kind.HasFlag(WriteKind.Independent) || _connection.Writes != writes);
                _connection.Execute("RELEASE one_write");
                if (waits) storage.Sync();
                Meta = context.Meta;
                return Task.FromResult(result);
            }
            catch
            {
                _connection.Execute("ROLLBACK TO one_write");
                _connection.Execute("RELEASE one_write");
                throw;
            }
        }

        public Task<T> ReadAsync<T>(Func<LocalConnection, T> read, CancellationToken cancellationToken) => Task.FromResult(read(_connection));

        public T Read<T>(Func<LocalConnection, T> read) => read(_connection);
    }
}

/// <summary>
/// The product's database whole, on disk and with its writer's thread. The run waits for each transaction where it stands, so
/// the thread decides nothing.
/// </summary>
internal sealed class FileStorage(SyncStoreOptions options) : IDeviceStorage
{
    private LocalDatabase? _database;

    // The machine stays up, and with it what it has not written to the disk yet.
    public int? Unsynced => null;

    public ILocalTransactions Open() => new Transactions(_database = LocalDatabase.Open(options));

    public void Close()
    {
        if (_database is not { } database) return;
        _database = null;
        Blocking(() => database.DisposeAsync().AsTask());
    }

    public void CutPower()
    {
        // See Unsynced.
    }

    public void Dispose() => Close();

    // The awaits inside must not come back to the scheduler, whose thread waits here.
    private static void Blocking(Func<Task> call)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            call().GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private sealed class Transactions(LocalDatabase database) : ILocalTransactions
    {
        public LocalMeta Meta => database.Meta;

        public Task<T> RunAsync<T>(Func<WriteContext, T> work, WriteKind kind, CancellationToken cancellationToken)
        {
            Task<T>? running = null;
            Blocking(() => running = database.RunAsync(work, kind, cancellationToken));
            return running!;
        }

        public Task<T> ReadAsync<T>(Func<LocalConnection, T> read, CancellationToken cancellationToken) => Task.FromResult(Read(read));

        public T Read<T>(Func<LocalConnection, T> read) => database.Read(read);
    }
}
