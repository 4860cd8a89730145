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

    /// <summary>The process is gone.</summary>
    void Close();
}

/// <summary>
/// A database in memory, with the product's tables and statements, run on the caller's thread. Connections are used again
/// by later runs: preparing their statements costs more than a run.
/// </summary>
internal sealed class MemoryStorage(SyncStoreOptions options) : IDeviceStorage
{
    private const string Memory = ":memory:";

    private static readonly ConcurrentBag<LocalConnection> Idle = [];

    private readonly LocalConnection _connection = Idle.TryTake(out var idle) ? idle : NewConnection();

    public ILocalTransactions Open() => new Transactions(_connection, LocalDatabase.Recover(_connection, options));

    public void Close()
    {
        // What was committed stays; there is nothing else.
    }

    public void Dispose()
    {
        foreach (var table in (string[])["meta", "entities", "operations", "attempted", "staging"]) _connection.Execute($"DELETE FROM {table}");
        Idle.Add(_connection);
    }

    private static LocalConnection NewConnection()
    {
        var connection = LocalConnection.Open(Memory, readOnly: false);
        DatabaseFormat.Apply(connection, Memory);
        return connection;
    }

    /// <summary>The writer's transaction, one write a group, without its thread.</summary>
    private sealed class Transactions(LocalConnection connection, LocalMeta meta) : ILocalTransactions
    {
        public LocalMeta Meta { get; private set; } = meta;

        public Task<T> RunAsync<T>(Func<WriteContext, T> work, WriteKind kind, CancellationToken cancellationToken)
        {
            var context = new WriteContext(connection, Meta);
            connection.Execute("BEGIN IMMEDIATE");
            try
            {
                var result = work(context);
                MetaTable.Save(connection, Meta, context.Meta);
                connection.Execute("COMMIT");
                Meta = context.Meta;
                return Task.FromResult(result);
            }
            catch
            {
                if (!connection.InAutocommit) connection.Execute("ROLLBACK");
                throw;
            }
        }

        public Task<T> ReadAsync<T>(Func<LocalConnection, T> read, CancellationToken cancellationToken) => Task.FromResult(read(connection));

        public T Read<T>(Func<LocalConnection, T> read) => read(connection);
    }
}

/// <summary>
/// The product's database whole, on disk and with its writer's thread. The run waits for each transaction where it stands, so
/// the thread decides nothing.
/// </summary>
internal sealed class FileStorage(SyncStoreOptions options) : IDeviceStorage
{
    private LocalDatabase? _database;

    public ILocalTransactions Open() => new Transactions(_database = LocalDatabase.Open(options));

    public void Close()
    {
        if (_database is not { } database) return;
        _database = null;
        Blocking(() => database.DisposeAsync().AsTask());
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
