using Microsoft.Extensions.Logging;
using OrleansSync.Grains.Storage;
using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite.Writing;

/// <summary>
/// The one thread that writes. Each turn takes what has queued and commits it as one transaction, so that many scopes share
/// one fsync. A thread of its own, because SQLite blocks and a pool thread must not.
/// </summary>
internal sealed class SqliteWriter : IDisposable
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
    private readonly Checkpointer _checkpointer;
    private readonly List<Attempt> _attempts = [];
    private readonly List<WriteRequest> _executed = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _logPages;

    public SqliteWriter(SqliteDatabase database, Checkpointer checkpointer, SqliteStoreOptions options, TimeProvider time, ILogger logger)
    {
        _checkpointer = checkpointer;
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

    /// <summary>Writes what has queued; nothing is taken any more.</summary>
    public Task DrainAsync()
    {
        _queue.Close();
        return _stopped.Task;
    }

    /// <summary>Closes the connection, once it has drained.</summary>
    public void Dispose() => _database.Dispose();

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
            if (!TryTogether(group))
            {
                RollBack();
                _begin.Run();
                OneByOne(group);
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

        foreach (var attempt in _attempts)
        {
            if (IsAnswered(attempt)) _executed.Add(attempt.Request);
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
        _logPages += _database.TakePagesWritten();
        if (_logPages < Connection.CheckpointPages) return;
        _logPages = 0;
        _checkpointer.Begin();
    }

    /// <summary>
    /// Runs the group as it is. What is refused has mostly written nothing (a stale round names an epoch or a head that is not
    /// there, and does so first), and there is nothing to undo.
    /// </summary>
    /// <returns>False: one has to be undone, which takes all with it. None has been answered.</returns>
    /// <exception cref="SqliteError">The transaction cannot go on.</exception>
    private bool TryTogether(List<WriteRequest> group)
    {
        _attempts.Clear();
        foreach (var request in group)
        {
            var written = _database.TotalChanges;
            var attempt = Execute(request);
            if (!attempt.Keep && _database.TotalChanges != written) return false;
            _attempts.Add(attempt);
        }

        return true;
    }

    /// <summary>Runs each in a savepoint, which undoes it alone. SQLite then copies every page before its first change: a tenth of the writer's time.</summary>
    /// <exception cref="SqliteError">The transaction cannot go on.</exception>
    private void OneByOne(List<WriteRequest> group)
    {
        _attempts.Clear();
        foreach (var request in group)
        {
            _savepoint.Run();
            var attempt = Execute(request);
            if (!attempt.Keep) _undo.Run();
            _release.Run();
            _attempts.Add(attempt);
        }
    }

    private Attempt Execute(WriteRequest request)
    {
        try
        {
            return new Attempt(request, request.Execute(_scopes), null);
        }
        catch (SqliteError error) when (error.IsOfTheData && _database.InTransaction)
        {
            return new Attempt(request, Keep: false, error);
        }
        catch (Exception error) when (error is not SqliteError)
        {
            return new Attempt(request, Keep: false, error);
        }
    }

    /// <summary>True: it has an answer, for when the group is durable. False: it failed by itself and has been told.</summary>
    private bool IsAnswered(Attempt attempt)
    {
        switch (attempt.Error)
        {
            case null:
                return true;
            case SqliteError error:
                Log.Unstorable(_logger, error);
                if (attempt.Request.TryAnswerUnstorable()) return true;
                attempt.Request.Fail(new StoreUnavailableException("The store cannot hold a value.", error));
                return false;
            default:
                Log.WriteFailed(_logger, attempt.Error);
                attempt.Request.Fail(attempt.Error);
                return false;
        }
    }

    private void RollBack()
    {
        if (_database.InTransaction) _rollback.Run();
    }

    /// <summary>How a request fared; not kept: there is nothing of it in the transaction.</summary>
    private readonly record struct Attempt(WriteRequest Request, bool Keep, Exception? Error);
}
