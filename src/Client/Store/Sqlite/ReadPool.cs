using System.Collections.Concurrent;
using OrleansSync.Sqlite;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>A few connections for reading: a read sees one committed state and never waits for the writer.</summary>
internal sealed class ReadPool(string path) : IDisposable
{
    private const int Connections = 4;

    private readonly ConcurrentBag<LocalConnection> _idle = [];
    private readonly SemaphoreSlim _free = new(Connections, Connections);
    private volatile bool _disposed;

    /// <summary>Runs a read in one snapshot.</summary>
    public async Task<T> ReadAsync<T>(Func<LocalConnection, T> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(SyncStore));
        await _free.WaitAsync(cancellationToken);
        try
        {
            return Run(read);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>The same, blocking while all connections are busy.</summary>
    public T Read<T>(Func<LocalConnection, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(SyncStore));
        _free.Wait();
        try
        {
            return Run(read);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Closes the idle connections; one that is in use closes when its read ends.</summary>
    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var connection)) connection.Dispose();
    }

    private T Run<T>(Func<LocalConnection, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(SyncStore));
        LocalConnection? connection = null;
        try
        {
            if (!_idle.TryTake(out connection)) connection = LocalConnection.Open(path, readOnly: true);
            connection.Execute("BEGIN");
            try
            {
                return read(connection);
            }
            finally
            {
                if (!connection.InAutocommit) connection.Execute("ROLLBACK");
            }
        }
        catch (SqliteError exception)
        {
            throw StoreErrors.FromSqlite(path, exception);
        }
        finally
        {
            Return(connection);
        }
    }

    private void Return(LocalConnection? connection)
    {
        if (connection is null) return;
        _idle.Add(connection);
        if (_disposed) Dispose();
    }
}
