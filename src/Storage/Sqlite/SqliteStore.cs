using Microsoft.Extensions.Logging;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Sqlite;
using OrleansSync.Storage.Sqlite.Reading;
using OrleansSync.Storage.Sqlite.Schema;
using OrleansSync.Storage.Sqlite.Writing;

namespace OrleansSync.Storage.Sqlite;

/// <summary>
/// The store of the embedded server: one SQLite file, one writer thread with group commit, a few readers. What it has
/// answered is on disk. A cancelled write is one that the writer has not begun: from there on its end is awaited.
/// </summary>
public sealed class SqliteStore : ISyncStore, IAsyncDisposable
{
    private readonly FileStream _lock;
    private readonly SqliteWriter _writer;
    private readonly ReaderPool _readers;
    private readonly Checkpointer _checkpointer;
    private readonly ILogger _logger;
    private readonly string _path;
    private int _disposed;

    private SqliteStore(FileStream fileLock, SqliteWriter writer, ReaderPool readers, Checkpointer checkpointer, ILogger logger, string path) =>
        (_lock, _writer, _readers, _checkpointer, _logger, _path) = (fileLock, writer, readers, checkpointer, logger, path);

    /// <summary>
    /// Opens the file, makes it if there is none, and brings its schema up to date. Blocks; for the start of a process.
    /// </summary>
    /// <exception cref="ArgumentException">The options are wrong; every fault is named.</exception>
    /// <exception cref="IOException">Another server holds the file, or it cannot be opened.</exception>
    /// <exception cref="InvalidOperationException">The file is of a later version, or a schema script failed.</exception>
    public static SqliteStore Open(SqliteStoreOptions options, ILogger<SqliteStore> logger, TimeProvider? time = null)
    {
        SqliteStoreOptions.Validate(options);
        var path = Path.GetFullPath(options.Path);
        options = options with { Path = path };
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var fileLock = StoreLock.Take(path);
        SqliteDatabase? database = null, beside = null;
        try
        {
            database = Connection.OpenWriter(options);
            Connection.PrepareFile(database);
            var scripts = SchemaInstaller.Apply(path);
            var readers = new ReaderPool(options);
            beside = Connection.OpenCheckpointer(options);
            var checkpointer = new Checkpointer(beside, logger);
            var writer = new SqliteWriter(database, checkpointer, options, time ?? TimeProvider.System, logger);
            checkpointer.Start();
            Log.Opened(logger, path, SQLitePCL.raw.sqlite3_libversion().utf8_to_string(), scripts.Count);
            return new SqliteStore(fileLock, writer, readers, checkpointer, logger, path);
        }
        catch (Exception error)
        {
            beside?.Dispose();
            database?.Dispose();
            fileLock.Dispose();
            if (error is SqliteError) throw new IOException($"The sync store {path} cannot be opened.", error);
            throw;
        }
    }

    public Task<ScopeClaim> ClaimAsync(ScopeId scope, CancellationToken cancellationToken) =>
        WriteAsync(scope, writer => writer.Claim(scope), cancellationToken);

    public async Task<CommitResult> CommitAsync(ScopeCommit commit, CancellationToken cancellationToken)
    {
        commit.Validate();
        if (!StorableText.IsStorable(commit) || TryEncode(commit) is not { } request) return CommitResult.Unstorable;
        return await WriteAsync(request, cancellationToken);
    }

    public Task<IReadOnlyList<EntityRow>> LoadAsync(
        ScopeId scope, IReadOnlyCollection<EntityKey> keys, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.Load(scope, keys), cancellationToken);

    public Task<IReadOnlyList<EntityRow>> ListAsync(ScopeId scope, string type, int limit, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.List(scope, type, limit), cancellationToken);

    public Task<IReadOnlyList<JournalEntry>> FindOperationsAsync(
        ScopeId scope, IReadOnlyCollection<OperationId> operations, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.FindOperations(scope, operations), cancellationToken);

    public Task<JournalRecord?> FindRecordAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.FindRecord(scope, operation), cancellationToken);

    public Task<ChangePage?> ReadChangesAsync(ChangeQuery query, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.Changes(query), cancellationToken);

    public Task<ScopeState?> ReadScopeAsync(ScopeId scope, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.Scope(scope), cancellationToken);

    public Task<IReadOnlyList<DeviceRecord>> ListDevicesAsync(ScopeId scope, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.Devices(scope), cancellationToken);

    public Task<DeviceRecord> RegisterDeviceAsync(
        ScopeId scope, DeviceId device, DeviceSession session, long registeredAt, CancellationToken cancellationToken) =>
        WriteAsync(scope, writer => writer.Register(scope, device, session, registeredAt), cancellationToken);

    public Task<bool> UpdateSessionAsync(
        ScopeId scope, DeviceId device, DeviceSession expected, DeviceSession next, long doneBelow, CancellationToken cancellationToken) =>
        WriteAsync(scope, writer => writer.UpdateSession(scope, device, expected, next, doneBelow), cancellationToken);

    public Task<bool> RevokeDeviceAsync(ScopeId scope, DeviceId device, CancellationToken cancellationToken) =>
        WriteAsync(scope, writer => writer.Revoke(scope, device), cancellationToken);

    public Task<IReadOnlyList<ScopeId>> ListScopesAsync(ScopeId? after, int limit, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.Scopes(after, limit), cancellationToken);

    public Task<PurgeResult> PurgeAsync(PurgeRequest request, CancellationToken cancellationToken) =>
        WriteAsync(request.Scope, writer => writer.Purge(request), cancellationToken);

    public Task<bool> MendDigestAsync(ScopeId scope, long head, TypeDigest digest, CancellationToken cancellationToken) =>
        WriteAsync(scope, writer => writer.MendDigest(scope, head, digest), cancellationToken);

    public Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.DeadLetters(query), cancellationToken);

    public Task<DeadLetter?> FindDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.FindDeadLetter(scope, operation), cancellationToken);

    public Task<bool> RemoveDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        WriteAsync(scope, writer => writer.RemoveDeadLetter(scope, operation), cancellationToken);

    public async Task<int> BeginLineagesAsync(IReadOnlyCollection<ScopeId> scopes, long through, CancellationToken cancellationToken) =>
        // Those that wait together share a transaction.
        (await Task.WhenAll(scopes.Distinct().Select(scope => WriteAsync(scope, writer => writer.BeginLineage(scope, through), cancellationToken))))
        .Count(static found => found);

    public Task MarkRestoredAsync(long through, CancellationToken cancellationToken) =>
        // Of no scope: the name is nobody's.
        WriteAsync(new ScopeId("restore"), writer => writer.MarkRestored(through), cancellationToken);

    /// <summary>Writes what has queued, waits for the reads under way, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        // The writer's connection is the last one: closing it checkpoints the log. What has queued is written before.
        await _readers.DisposeAsync();
        await _writer.DrainAsync();
        await _checkpointer.DisposeAsync();
        _writer.Dispose();
        await _lock.DisposeAsync();
        Log.Closed(_logger, _path);
    }

    private CommitRequest? TryEncode(ScopeCommit commit)
    {
        try
        {
            return new CommitRequest(commit);
        }
        catch (ArgumentException error)
        {
            // A row that has no stored form: the owner finds the operation that made it, as with one the database refuses.
            Log.Unstorable(_logger, error);
            return null;
        }
    }

    private Task<T> WriteAsync<T>(ScopeId scope, Func<ScopeWriter, T> body, CancellationToken cancellationToken) =>
        WriteAsync(new ScopeRequest<T>(scope, body), cancellationToken);

    private async Task<T> WriteAsync<T>(WriteRequest<T> request, CancellationToken cancellationToken)
    {
        StorableText.Require(request.Scope);
        cancellationToken.ThrowIfCancellationRequested();
        _writer.Enqueue(request);
        return await request.WaitAsync(cancellationToken);
    }
}
