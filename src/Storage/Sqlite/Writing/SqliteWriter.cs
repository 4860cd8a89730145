using Microsoft.Extensions.Logging;
using OrleansSync.Grains.Storage;
using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite.Writing;

/// <summary>
/// The one thread that writes. Each turn takes what has queued and commits it as one transaction, so that many scopes share
/// one fsync. A thread of its own, because SQLite blocks and a pool thread must not.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private readonly SqliteDatabase _database;
    private readonly WriteQueue _queue;
    private readonly ScopeWriter _scopes;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _rollback;
    private readonly SqliteStatement _savepoint;
    private readonly SqliteStatement _undo;
    private readonly SqliteStatement _release;
    private readonly List<WriteRequest> _executed = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SqliteWriter(SqliteDatabase database, SqliteStoreOptions options, TimeProvider time, ILogger logger)
    {
        _database = database;
        _queue = new WriteQueue(options);
        _scopes = new ScopeWriter(database);
        _time = time;
        _logger = logger;
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _rollback = database.Prepare("ROLLBACK");
        _savepoint = database.Prepare("SAVEPOINT scope");
        _undo = database.Prepare("ROLLBACK TO scope");
        _release = database.Prepare("RELEASE scope");
        new Thread(Run) { IsBackground = true, Name = "sync store writer" }.Start();
    }

    public void Enqueue(WriteRequest request) => _queue.Enqueue(request);

    /// <summary>Writes what has queued, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _stopped.Task;
        _database.Dispose();
    }

    private void Run()
    {
        var group = new List<WriteRequest>();
        while (_queue.TakeGroup(group))
        {
            try
            {
                WriteGroup(group);
            }
            catch (Exception error)
            {
                // Not a fault of a statement but of this code, or of undoing one: those who wait must learn it, and the
                // writer goes on. The next group rolls back what is left of this one.
                Log.CommitUncertain(_logger, group.Count, error);
                foreach (var request in group) request.FailUncertain(error);
            }
        }

        _stopped.SetResult();
    }

    private void WriteGroup(List<WriteRequest> group)
    {
        _executed.Clear();
        try
        {
            RollBack();
            _begin.Run();
            _scopes.Now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (var request in group)
            {
                if (TryExecute(request)) _executed.Add(request);
            }
        }
        catch (SqliteError error)
        {
            RollBack();
            Log.GroupFailed(_logger, group.Count, error);
            foreach (var request in group)
                request.Fail(new StoreUnavailableException("The database could not be written; nothing was changed.", error));
            return;
        }

        try
        {
            _commit.Run();
        }
        catch (SqliteError error)
        {
            // The commit record may be in the log file even though writing or syncing it failed: a crash now could bring it
            // back. The next transaction overwrites it, and a claim is one.
            RollBack();
            Log.CommitUncertain(_logger, _executed.Count, error);
            foreach (var request in _executed) request.FailUncertain(error);
            return;
        }

        foreach (var request in _executed) request.Complete();
    }

    /// <summary>
    /// A savepoint a request: what is refused or unstorable is undone alone, and the others are neither run again nor lost.
    /// Measured against none at all: the same from 16 operations a round on, 10 us of 70 where each round has one. Rolling
    /// all back and running the rest again would save that, and let one scope that keeps failing cost all others a second run.
    /// </summary>
    /// <returns>False: it failed by itself and has been told; its part is undone.</returns>
    /// <exception cref="SqliteError">The transaction cannot go on.</exception>
    private bool TryExecute(WriteRequest request)
    {
        _savepoint.Run();
        var keep = false;
        Exception? fault = null;
        try
        {
            keep = request.Execute(_scopes);
        }
        catch (SqliteError error) when (error.IsOfTheData && _database.InTransaction)
        {
            Log.Unstorable(_logger, error);
            if (!request.TryAnswerUnstorable()) fault = new StoreUnavailableException("The store cannot hold a value.", error);
        }
        catch (Exception error) when (error is not SqliteError)
        {
            Log.WriteFailed(_logger, error);
            fault = error;
        }

        if (!keep) _undo.Run();
        _release.Run();
        if (fault is not null) request.Fail(fault);
        return fault is null;
    }

    private void RollBack()
    {
        if (_database.InTransaction) _rollback.Run();
    }
}
