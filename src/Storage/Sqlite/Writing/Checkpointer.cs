using Microsoft.Extensions.Logging;
using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite.Writing;

/// <summary>
/// Brings what the log holds into the file, on a thread and connection of its own, while the writer goes on: a checkpoint of the writer's
/// own lets all wait for the disk. The log begins anew only once all of it is in the file, so where writes never pause the writer does the rest itself
/// when the log has grown to four times as much.
/// </summary>
internal sealed class Checkpointer : IAsyncDisposable
{
    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _checkpoint;
    private readonly ILogger _logger;
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isClosed;

    /// <param name="database">Owned from here on.</param>
    /// <param name="logger">Told of what fails.</param>
    public Checkpointer(SqliteDatabase database, ILogger logger)
    {
        (_database, _logger) = (database, logger);
        // Passive: takes what is there without waiting for anybody, nor letting anybody wait.
        _checkpoint = database.Prepare("PRAGMA wal_checkpoint(PASSIVE)");
    }

    public void Start() => new Thread(Run) { IsBackground = true, Name = "sync store checkpoints" }.Start();

    /// <summary>Lets one begin, or another one follow the one under way.</summary>
    public void Begin() => _wake.Set();

    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        _wake.Set();
        await _stopped.Task;
        _wake.Dispose();
        _database.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _wake.WaitOne();
            if (_isClosed) break;
            try
            {
                _checkpoint.Run();
            }
            catch (SqliteError error)
            {
                // All of it is in the log still, and the next one tries again.
                Log.CheckpointFailed(_logger, error);
            }
        }

        _stopped.SetResult();
    }
}
