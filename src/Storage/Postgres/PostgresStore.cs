using System.Reflection;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Postgres.Reading;
using OrleansSync.Storage.Postgres.Schema;
using OrleansSync.Storage.Postgres.Writing;

namespace OrleansSync.Storage.Postgres;

/// <summary>
/// The store of a cluster: one PostgreSQL database that all silos share. Commits of many scopes share a statement; what it has
/// answered is on disk, as far as the database's <c>fsync</c> and <c>synchronous_commit</c> are on.
/// </summary>
public sealed class PostgresStore : ISyncStore, IAsyncDisposable
{
    private const string Scripts = "OrleansSync.Storage.Postgres.Scripts.";

    private readonly Connections _connections;
    private readonly CommitQueue _queue;
    private readonly Task _flushers;
    private readonly Calls _calls;
    private readonly Numbers _numbers;
    private readonly ILogger _logger;
    private int _disposed;

    private PostgresStore(PostgresStoreOptions options, ILogger logger)
    {
        _logger = logger;
        _connections = new Connections(options);
        _queue = new CommitQueue(options);
        _calls = new Calls(_connections, options);
        _numbers = new Numbers(_calls);
        _flushers = Task.WhenAll(Enumerable.Range(0, options.Flushers)
            .Select(_ => Task.Run(() => new Flusher(_queue, _connections, options.HasSingleStatement, logger).RunAsync())));
    }

    /// <summary>Brings the database's schema up to date and opens the store. Blocks; for the start of a process.</summary>
    /// <exception cref="ArgumentException">The options are wrong; every fault is named.</exception>
    /// <exception cref="IOException">The database cannot be reached, or refuses the user.</exception>
    /// <exception cref="InvalidOperationException">The database is of a later version, or a schema script failed.</exception>
    public static PostgresStore Open(PostgresStoreOptions options, ILogger<PostgresStore> logger)
    {
        PostgresStoreOptions.Validate(options);
        var target = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        try
        {
            var scripts = PostgresScripts.Apply(options.ConnectionString, Assembly.GetExecutingAssembly(), Scripts);
            WarnWhereNotDurable(options.ConnectionString, logger);
            Log.Opened(logger, target.Host, target.Database, options.Flushers, scripts.Count);
        }
        catch (NpgsqlException fault)
        {
            throw new IOException(
                $"The database {target.Database} on {target.Host}:{target.Port} cannot be opened: {fault.Message}", fault);
        }

        return new PostgresStore(options, logger);
    }

    public async Task<ScopeClaim> ClaimAsync(ScopeId scope, CancellationToken cancellationToken)
    {
        StorableText.Require(scope);
        var (number, claim) = await _calls.WriteAsync(connection => ScopeWrites.ClaimAsync(connection, scope), cancellationToken);
        _numbers.Remember(scope, number);
        _numbers.Remember(number, claim.Devices);
        return claim;
    }

    public async Task<CommitResult> CommitAsync(ScopeCommit commit, CancellationToken cancellationToken)
    {
        commit.Validate();
        if (!StorableText.IsStorable(commit)) return CommitResult.Unstorable;
        if (NamesTwice(commit)) return CommitResult.Refused;
        if (await _numbers.OfAsync(commit.Scope, cancellationToken) is not { } scope) return CommitResult.Refused;
        if (await _numbers.OfAsync(scope, commit, cancellationToken) is not { } devices) return CommitResult.Refused;
        if (TryEncode(commit, scope, devices) is not { } pending) return CommitResult.Unstorable;
        cancellationToken.ThrowIfCancellationRequested();
        _queue.Enqueue(pending);
        return await pending.WaitAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<EntityRow>> LoadAsync(
        ScopeId scope, IReadOnlyCollection<EntityKey> keys, CancellationToken cancellationToken)
    {
        EntityKey[] storable = [.. keys.Distinct().Where(static key => StorableText.IsStorable(key.Type) && StorableText.IsStorable(key.Id))];
        if (await _numbers.OfAsync(scope, cancellationToken) is not { } number) return [];
        return await _calls.ReadAsync((connection, cancelled) => Lookups.RowsAsync(connection, number, storable, cancelled), cancellationToken);
    }

    public async Task<IReadOnlyList<EntityRow>> ListAsync(ScopeId scope, string type, int limit, CancellationToken cancellationToken)
    {
        if (await _numbers.OfAsync(scope, cancellationToken) is not { } number) return [];
        return await _calls.ReadAsync((connection, cancelled) => Lookups.OfTypeAsync(connection, number, type, limit, cancelled), cancellationToken);
    }

    public async Task<IReadOnlyList<JournalEntry>> FindOperationsAsync(
        ScopeId scope, IReadOnlyCollection<OperationId> operations, CancellationToken cancellationToken)
    {
        Guid[] ids = [.. operations.Select(static operation => operation.Value).Distinct()];
        if (await _numbers.OfAsync(scope, cancellationToken) is not { } number) return [];
        return await _calls.ReadAsync((connection, cancelled) => Lookups.OperationsAsync(connection, number, ids, cancelled), cancellationToken);
    }

    public async Task<JournalRecord?> FindRecordAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken)
    {
        if (await _numbers.OfAsync(scope, cancellationToken) is not { } number) return null;
        return await _calls.ReadAsync(
            async (connection, cancelled) =>
                (await Lookups.OperationsAsync(connection, number, [operation.Value], cancelled)).SingleOrDefault() is { } entry
                && await Letters.CommittedAtAsync(connection, number, operation, cancelled) is { } at
                    ? new JournalRecord(entry, at)
                    : null,
            cancellationToken);
    }

    public async Task<ChangePage?> ReadChangesAsync(ChangeQuery query, CancellationToken cancellationToken)
    {
        if (await _numbers.OfAsync(query.Scope, cancellationToken) is not { } number) return null;
        var page = await _calls.ReadAsync((connection, cancelled) => PageReader.ReadAsync(connection, number, query, cancelled), cancellationToken);
        if (page is null) _numbers.Forget(query.Scope);
        return page;
    }

    public Task<ScopeState?> ReadScopeAsync(ScopeId scope, CancellationToken cancellationToken) =>
        _calls.ReadAsync((connection, cancelled) => Lookups.ScopeAsync(connection, scope, cancelled), cancellationToken);

    public Task<IReadOnlyList<DeviceRecord>> ListDevicesAsync(ScopeId scope, CancellationToken cancellationToken) =>
        _calls.ReadAsync((connection, cancelled) => Lookups.DevicesAsync(connection, scope, cancelled), cancellationToken);

    public Task<DeviceRecord> RegisterDeviceAsync(
        ScopeId scope, DeviceId device, DeviceSession session, long registeredAt, CancellationToken cancellationToken)
    {
        StorableText.Require(scope);
        return _calls.WriteAsync(
            connection => ScopeWrites.RegisterAsync(connection, scope, device, session, registeredAt), cancellationToken);
    }

    public Task<bool> UpdateSessionAsync(
        ScopeId scope, DeviceId device, DeviceSession expected, DeviceSession next, long doneBelow, CancellationToken cancellationToken) =>
        _calls.WriteAsync(
            connection => ScopeWrites.UpdateSessionAsync(connection, scope, device, expected, next, doneBelow), cancellationToken);

    public Task<bool> RevokeDeviceAsync(ScopeId scope, DeviceId device, CancellationToken cancellationToken) =>
        _calls.WriteAsync(connection => ScopeWrites.RevokeAsync(connection, scope, device), cancellationToken);

    public Task<IReadOnlyList<ScopeId>> ListScopesAsync(ScopeId? after, int limit, CancellationToken cancellationToken) =>
        _calls.ReadAsync((connection, cancelled) => Lookups.ScopesAsync(connection, after, limit, cancelled), cancellationToken);

    public Task<PurgeResult> PurgeAsync(PurgeRequest request, CancellationToken cancellationToken) =>
        _calls.WriteAsync(connection => Purger.RunAsync(connection, request), cancellationToken);

    public Task<bool> MendDigestAsync(ScopeId scope, long head, TypeDigest digest, CancellationToken cancellationToken) =>
        _calls.WriteAsync(connection => ScopeWrites.MendDigestAsync(connection, scope, head, digest), cancellationToken);

    public async Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken)
    {
        if (await _numbers.OfAsync(query.Scope, cancellationToken) is not { } number) return [];
        return await _calls.ReadAsync((connection, cancelled) => Letters.ListAsync(connection, number, query, cancelled), cancellationToken);
    }

    public async Task<DeadLetter?> FindDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken)
    {
        if (await _numbers.OfAsync(scope, cancellationToken) is not { } number) return null;
        return await _calls.ReadAsync((connection, cancelled) => Letters.FindAsync(connection, number, operation, cancelled), cancellationToken);
    }

    public Task<bool> RemoveDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        _calls.WriteAsync(connection => ScopeWrites.RemoveDeadLetterAsync(connection, scope, operation), cancellationToken);

    public Task<int> BeginLineagesAsync(IReadOnlyCollection<ScopeId> scopes, long through, CancellationToken cancellationToken) =>
        _calls.WriteAsync(connection => ScopeWrites.BeginLineagesAsync(connection, scopes, through), cancellationToken);

    public Task MarkRestoredAsync(long through, CancellationToken cancellationToken) => _calls.WriteAsync(
        async connection =>
        {
            await ScopeWrites.MarkRestoredAsync(connection, through);
            return true;
        },
        cancellationToken);

    /// <summary>Writes what has queued, then closes the connections; reads under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _queue.Close();
        await _flushers;
        await _connections.DisposeAsync();
        Log.Closed(_logger);
    }

    private static void WarnWhereNotDurable(string connectionString, ILogger logger)
    {
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        foreach (var setting in new[] { "fsync", "synchronous_commit" })
        {
            using var command = new NpgsqlCommand("SELECT current_setting($1)", connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = setting });
            if (command.ExecuteScalar() is "off") Log.NotDurable(logger, setting);
        }
    }

    // The statement takes each entity and each operation of a scope at most once.
    private static bool NamesTwice(ScopeCommit commit)
    {
        var entities = new HashSet<EntityKey>(commit.Rows.Length);
        foreach (var change in commit.Rows)
        {
            if (!entities.Add(change.Row.Key)) return true;
        }

        var operations = new HashSet<OperationId>(commit.Operations.Length);
        foreach (var entry in commit.Operations)
        {
            if (!operations.Add(entry.Operation)) return true;
        }

        return false;
    }

    private PendingCommit? TryEncode(ScopeCommit commit, long scope, IReadOnlyDictionary<DeviceId, int> devices)
    {
        try
        {
            return new PendingCommit(commit, scope, devices);
        }
        catch (ArgumentException fault)
        {
            // A row that has no stored form: the owner finds the operation that made it, as with one the database refuses.
            Log.Unstorable(_logger, fault);
            return null;
        }
    }
}
