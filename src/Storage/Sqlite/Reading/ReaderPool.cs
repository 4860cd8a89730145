using System.Collections.Concurrent;
using OrleansSync.Grains.Storage;
using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite.Reading;

/// <summary>A few read connections. Each read is one transaction, so all it sees is one snapshot, and no write waits for it.</summary>
internal sealed class ReaderPool : IAsyncDisposable
{
    private readonly SemaphoreSlim _free;
    private readonly ConcurrentBag<ReadSession> _sessions = [];
    private readonly int _readers;
    private readonly int _limit;
    private int _asked;
    private bool _closed;

    public ReaderPool(SqliteStoreOptions options)
    {
        _readers = options.Readers;
        _limit = options.Readers + options.QueuedReads;
        _free = new SemaphoreSlim(_readers);
        for (var i = 0; i < _readers; i++) _sessions.Add(new ReadSession(Connection.OpenReader(options)));
    }

    public async Task<T> ReadAsync<T>(Func<ReadSession, T> read, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _asked) > _limit)
        {
            Interlocked.Decrement(ref _asked);
            throw new StoreUnavailableException($"{_limit} reads are under way: try again later.");
        }

        try
        {
            await _free.WaitAsync(cancellationToken);
            try
            {
                if (Volatile.Read(ref _closed)) throw new StoreUnavailableException("The store is closing.");
                // SQLite blocks its thread, which is the caller's only if the caller says so: a grain's must not be.
                return await Task.Run(() => Read(read), cancellationToken);
            }
            finally
            {
                _free.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _asked);
        }
    }

    /// <summary>Waits for the reads under way; those that wait for a connection end.</summary>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _closed, true);
        for (var i = 0; i < _readers; i++) await _free.WaitAsync();
        foreach (var session in _sessions) session.Dispose();
        _free.Release(_readers);
    }

    private T Read<T>(Func<ReadSession, T> read)
    {
        // The semaphore lets in as many as there are sessions, and none is taken or returned outside of it.
        if (!_sessions.TryTake(out var session)) throw new InvalidOperationException("No read connection is free.");
        try
        {
            return session.InSnapshot(read);
        }
        catch (SqliteError error)
        {
            throw new StoreUnavailableException("The database could not be read.", error);
        }
        finally
        {
            _sessions.Add(session);
        }
    }
}
