using Microsoft.Extensions.Logging;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Queries;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Subscriptions;
using OrleansSync.Client.Sync;
using OrleansSync.Core;
using OrleansSync.Sqlite;

namespace OrleansSync.Client.Store;

/// <summary>An open local database: one writer, a few readers, and the receipts of what this process wrote.</summary>
internal sealed class LocalDatabase : ILocalTransactions, IAsyncDisposable
{
    private readonly DatabaseLock _lock;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly bool _syncsWrites;
    private readonly ILogger _logger;
    private readonly Writer _writer;
    private readonly ReadPool _readers;
    private readonly ReceiptBook _receipts = new();
    private readonly StoreMetrics _metrics;

    private LocalDatabase(DatabaseLock held, LocalConnection connection, LocalMeta meta, string path, SyncStoreOptions options)
    {
        (_lock, _path, _time, Indexes) = (held, path, options.TimeProvider, options.Indexes);
        _logger = new TolerantLogger(options.LoggerFactory.CreateLogger("OrleansSync.Client"));
        _syncsWrites = options.Durability == LocalDurability.Full;
        _readers = new ReadPool(path);
        _metrics = new StoreMetrics(options.MeterFactory, () => Read(connection => OperationTable.Depth(connection, Meta.InFlight)), _time);
        _writer = new Writer(path, connection, meta, OnCommitted);
    }

    /// <summary>Operations were appended to the log. Raised after the commit; must return fast.</summary>
    public event Action? Appended;

    /// <summary>
    /// The local rows of these entities changed; <c>null</c>: of so many that any may have. Raised after the commit, in commit
    /// order; must return fast.
    /// </summary>
    public event Action<IReadOnlyList<EntityKey>?>? Changed;

    /// <summary>Something was committed: what <c>SyncStatus</c> tells may be another. Must return fast.</summary>
    public event Action? Committed;

    /// <summary>
    /// Whether what is written is sent as soon as it is on disk. Then it becomes attempted with its write, and does not wait for the
    /// disk a second time before it leaves. Asked at each write; must return fast.
    /// </summary>
    public Func<bool> LeavesAtOnce { get; set; } = static () => false;

    /// <summary>Who hears of what the app may want to know of.</summary>
    public EventHub Events { get; } = new();

    /// <summary>The state as of the last commit.</summary>
    public LocalMeta Meta => _writer.Meta;

    /// <summary>What queries can be served by.</summary>
    public IReadOnlyList<LocalIndex> Indexes { get; }

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <exception cref="SyncException">The file cannot be used (OS2001 to OS2004); it was not changed.</exception>
    public static LocalDatabase Open(SyncStoreOptions options)
    {
        var path = Path.GetFullPath(options.DatabasePath);
        var held = DatabaseLock.Take(path);
        LocalConnection? connection = null;
        try
        {
            connection = LocalConnection.Open(path, readOnly: false);
            DatabaseFormat.Apply(connection, path);
            IndexTable.Apply(connection, options.Indexes);
            var meta = Recover(connection, options);
            return new LocalDatabase(held, connection, meta, path, options);
        }
        catch (Exception exception)
        {
            connection?.Dispose();
            held.Dispose();
            throw exception is SqliteError sqlite ? StoreErrors.FromOpening(path, sqlite) : exception;
        }
    }

    /// <summary>Writes the operations that are not settled from a file that is not opened as a store.</summary>
    public static Task<long> ExportAsync(string databasePath, Stream destination, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            var path = Path.GetFullPath(databasePath);
            if (!File.Exists(path)) throw StoreErrors.CannotOpen(path, new FileNotFoundException("There is no such file."));
            using var held = DatabaseLock.Take(path);
            try
            {
                using var connection = LocalConnection.Open(path, readOnly: true);
                DatabaseFormat.Check(connection, path);
                return await LogExport.WriteAsync(
                    (after, limit) => Task.FromResult(OperationTable.Page(connection, OperationTable.IsUnsettled, after, limit)), destination, cancellationToken);
            }
            catch (SqliteError failure)
            {
                throw StoreErrors.FromOpening(path, failure);
            }
        },
        cancellationToken);

    /// <summary>Runs a write of the app.</summary>
    public Task<WriteReceipt> WriteAsync(Action<WriteSet> write, CancellationToken cancellationToken) =>
        WriteAsync((set, _) => write(set), cancellationToken);

    /// <summary>The same, with a look at the database as it is at that moment.</summary>
    public Task<WriteReceipt> WriteAsync(Action<WriteSet, WriteContext> write, CancellationToken cancellationToken)
    {
        var leavesAtOnce = LeavesAtOnce();
        return RunAsync(
            context =>
            {
                ObjectDisposedException.ThrowIf(context.Meta.IsLeaving, typeof(SyncStore));
                var set = new WriteSet(context, Now, leavesAtOnce);
                write(set, context);
                return set.Flush();
            },
            // What leaves the device has to be on its disk. What does not wait for it is made as quickly as another thread would be woken.
            _syncsWrites || leavesAtOnce ? WriteKind.Durable : WriteKind.Repeatable | WriteKind.Short,
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<T> RunAsync<T>(Func<WriteContext, T> work, WriteKind kind, CancellationToken cancellationToken) =>
        _writer.RunAsync(work, kind, cancellationToken);

    /// <summary>Runs a read in one snapshot.</summary>
    public Task<T> ReadAsync<T>(Func<LocalConnection, T> read, CancellationToken cancellationToken) => _readers.ReadAsync(read, cancellationToken);

    /// <summary>The same, for the few callers that cannot wait.</summary>
    public T Read<T>(Func<LocalConnection, T> read) => _readers.Read(read);

    /// <summary>From now on the app writes nothing any more.</summary>
    /// <exception cref="SyncException">There is something that the server has not taken (OS3013).</exception>
    public Task LeaveAsync(CancellationToken cancellationToken) => RunAsync(
        static context =>
        {
            if (OperationTable.Unsynced(context.Connection) is > 0 and var unsynced) throw StoreErrors.Unsynced(unsynced);
            context.Meta = context.Meta with { IsLeaving = true };
            return true;
        },
        WriteKind.Durable,
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _lock.Dispose();
    }

    /// <summary>Closes it, and removes its files.</summary>
    /// <exception cref="SyncException">They cannot be removed (OS2010).</exception>
    public async Task DeleteAsync()
    {
        await CloseAsync();
        try
        {
            // The log first: without its database SQLite would not look at it.
            foreach (var file in (string[])["-wal", "-shm", ""]) File.Delete(_path + file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StoreErrors.CannotDelete(_path, failure);
        }
        finally
        {
            _lock.Dispose();
        }
    }

    private async ValueTask CloseAsync()
    {
        _metrics.Dispose();
        await _writer.DisposeAsync();
        _readers.Dispose();
        _receipts.AbandonAll();
        Events.End();
    }

    /// <summary>What an opened file needs before it is used: an identity, and a schema.</summary>
    internal static LocalMeta Recover(LocalConnection connection, SyncStoreOptions options)
    {
        connection.Execute("BEGIN IMMEDIATE");
        var meta = MetaTable.Load(connection, () => new LocalMeta
        {
            Device = new DeviceId(Guid.CreateVersion7(options.TimeProvider.GetUtcNow())),
            Types = TypeSubscriptions.Of(options.Types),
            Digests = LocalDigests.OfNothing,
            ReconciledAt = options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds(),
        });
        var context = new WriteContext(connection, meta);
        if (meta.SchemaHash.IsEmpty) Adopt(context, options.Schema ?? SyncSchema.Open);
        NameLocal(context, options.LocalTypes);
        context.Meta = context.Meta with { Answered = OperationTable.HighestAnswered(connection) };
        LocalLog.NoteDoneBelow(context);
        MetaTable.Save(connection, meta, context.Meta);
        // The process before may have ended with commits that the disk has not seen yet.
        MetaTable.Touch(connection);
        connection.Commit();
        return context.Meta;
    }

    /// <summary>Until the server has sent its schema, the one given at open counts; pending rows follow it.</summary>
    private static void Adopt(WriteContext context, SyncSchema schema)
    {
        if (SchemaDocument.Write(schema).AsSpan().SequenceEqual(SchemaDocument.Write(context.Meta.Schema))) return;
        context.Meta = context.Meta with { Schema = schema };
        foreach (var key in OperationTable.Entities(context.Connection)) Rebase.Run(context, key);
    }

    private static void NameLocal(WriteContext context, IReadOnlyList<string> local)
    {
        var types = context.Meta.Types;
        if (types.Local.SetEquals(local)) return;
        foreach (var type in local.Where(type => !types.Local.Contains(type)))
        {
            if (types.Joined?.Contains(type) == true || EntityTable.AnySynced(context.Connection, type)) throw StoreErrors.WasSynced(type);
        }

        context.Meta = context.Meta with { Types = types with { Local = [.. local] } };
    }

    /// <summary>Listeners reach code of the app, such as its meters. The write is durable whatever becomes of them.</summary>
    private void OnCommitted(WriteContext context)
    {
        try
        {
            Tell(context);
        }
        catch (Exception exception)
        {
            // Those who wrote have what they asked for.
            Log.ListenerFailed(_logger, exception);
        }
    }

    private void Tell(WriteContext context)
    {
        // Receipts first: an outcome can only be recorded by a later write.
        foreach (var receipt in context.Receipts) _receipts.Enter(receipt);
        foreach (var absorbed in context.Absorbed) _receipts.Absorb(absorbed);
        foreach (var settled in context.Settled)
        {
            _receipts.Settle(settled);
            _metrics.Settled(settled);
        }

        if (context.AnyChanged) Changed?.Invoke(null);
        else if (context.Changed.Count > 0) Changed?.Invoke(context.Changed);
        foreach (var what in context.Events)
        {
            Events.Raise(what);
            _metrics.Happened(what);
            if (what is SyncEvent.Recovered done) Log.Recovered(_logger, done.Resent, done.Rejected, done.Missing, done.HasForgotten);
        }

        if (context.Receipts.Count > 0) Appended?.Invoke();
        Committed?.Invoke();
    }
}
