using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Sync;
using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>
/// A local database that syncs: reads and writes hit the disk of the device, and everything reaches the other devices of
/// the user when the network allows. One store per file. Thread-safe.
/// </summary>
public sealed class SyncStore : IAsyncDisposable
{
    private readonly LocalDatabase _database;
    private readonly SyncEngine? _engine;
    private readonly TimeProvider _time;

    private SyncStore(LocalDatabase database, SyncStoreOptions options)
    {
        (_database, _time) = (database, options.TimeProvider);
        DeadLetters = new DeadLetterQueue(database);
        Conflicts = new ConflictInbox(database);
        Subscriptions = new SyncSubscriptions(database, () => _engine?.OnSubscriptions());
        Log = new LocalLog(database, options.MaxAnsweredFailures, SettledRetention.From(options, () => database.Now));
        if (options.Gateway is null) return;
        _engine = new SyncEngine(Log, new ServerRows(database), database.Events, options);
        if (options.StartsPaused) _engine.Pause();
        _database.Appended += _engine.OnLocalWrite;
        _database.LeavesAtOnce = () => _engine.SendsAtOnce;
    }

    /// <summary>This device's id, made when the database was created.</summary>
    public Guid DeviceId => _database.Meta.Device.Value;

    /// <summary>The operations that ended refused.</summary>
    public DeadLetterQueue DeadLetters { get; }

    /// <summary>The writes that wait until a person has decided about them, of all devices of the user.</summary>
    public ConflictInbox Conflicts { get; }

    /// <summary>Which types this database holds of the server's.</summary>
    public SyncSubscriptions Subscriptions { get; }

    /// <summary>Where syncing stands at this moment.</summary>
    public SyncStatus Status => _engine?.Status ?? LocalStatus();

    internal ILocalLog Log { get; }

    internal LocalDatabase Database => _database;

    /// <summary><c>null</c>: the store has no gateway.</summary>
    internal SyncEngine? Syncing => _engine;

    /// <summary>
    /// Opens the local database, creating it when absent, and starts syncing where a gateway is set. Needs no network.
    /// </summary>
    /// <param name="options">How to open; all faults are reported at once.</param>
    /// <param name="cancellationToken">Ends the wait for the disk.</param>
    /// <exception cref="SyncException">
    /// The options are not valid (OS2000); the file cannot be opened (OS2001), is damaged or foreign (OS2002), of a newer
    /// version (OS2003), or open in another store (OS2004).
    /// </exception>
    public static async Task<SyncStore> OpenAsync(SyncStoreOptions options, CancellationToken cancellationToken = default)
    {
        OptionsValidator.Validate(options);
        return await Task.Run(() => OpenValid(options), cancellationToken);
    }

    /// <summary>
    /// Writes what a database holds that the server has not taken, pending operations and dead letters, to a stream: each a line of JSON
    /// (docs/operation-log.md), oldest first. For a file that <see cref="OpenAsync"/> cannot open any more, or a disk that is full: it changes
    /// nothing, and writes what can be read before it fails.
    /// </summary>
    /// <param name="databasePath">The database; no store may have it open.</param>
    /// <param name="destination">Where the lines go.</param>
    /// <param name="cancellationToken">Ends the export between two pages.</param>
    /// <returns>How many operations there were.</returns>
    /// <exception cref="SyncException">The file cannot be read (OS2001, OS2002), or is open in a store (OS2004).</exception>
    public static Task<long> ExportLogAsync(string databasePath, Stream destination, CancellationToken cancellationToken = default) =>
        LocalDatabase.ExportAsync(databasePath, destination, cancellationToken);

    /// <summary>
    /// A new id for an entity: a UUID that begins with the time and tells that this device has made it. An entity that is created under one
    /// and deleted before it has left this device never reaches the server.
    /// </summary>
    public string NewId() => EntityIds.New(_database.Meta.Device, _database.Now);

    /// <summary>The entities of a type by the app's model.</summary>
    /// <param name="type">The entity type: a letter or underscore, then letters, digits, underscores; at most 64.</param>
    /// <param name="typeInfo">
    /// The model's source-generated JSON. Its property "id", a text, is the entity's id: it is no field, and is filled in
    /// on reading. All other properties are fields.
    /// </param>
    /// <exception cref="SyncException">The model has no property "id" (OS3006).</exception>
    public SyncCollection<T> Collection<T>(string type, JsonTypeInfo<T> typeInfo) => new(_database, type, new TypedCodec<T>(type, typeInfo));

    /// <summary>The entities of a type as JSON objects.</summary>
    /// <param name="type">As above.</param>
    public SyncCollection<SyncDocument> Collection(string type) => new(_database, type, new DocumentCodec(type));

    /// <summary>
    /// Writes to several entities at once: on this disk, on the server and on other devices all of it happens or nothing.
    /// At most 5,000 operations and 3 MiB. Returns when it is on disk; an exception of the delegate undoes everything.
    /// </summary>
    /// <param name="write">
    /// Runs on the store's writer: keep it short, and call only the transaction's methods inside. Where the disk fails it, or another
    /// write beside it, it runs again.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the writer, not a write that has begun.</param>
    /// <exception cref="SyncException">It passes a limit (OS3005), or one of its writes fails (OS30xx); nothing was changed.</exception>
    public Task<WriteReceipt> TransactionAsync(Action<SyncTransaction> write, CancellationToken cancellationToken = default) =>
        _database.WriteAsync(set => SyncTransaction.Run(set, write), cancellationToken);

    /// <summary>
    /// A digest, 32 hexadecimal digits, of the server's live rows as this device holds them at its cursor. Two devices with
    /// nothing pending that hold the same rows, to the byte, have the same digest.
    /// </summary>
    /// <param name="type">One type; <c>null</c>: all.</param>
    /// <param name="cancellationToken">Ends the wait for the disk.</param>
    public Task<string> DigestAsync(string? type = null, CancellationToken cancellationToken = default) => _database.ReadAsync(
        connection =>
        {
            UInt128 sum = 0;
            EntityTable.ScanServerRows(connection, type, row => sum = unchecked(sum + Digest.OfRow(row)));
            return sum.ToString("x32");
        },
        cancellationToken);

    /// <summary>
    /// The status now, and again each time it is another one: at most five times a second, and at least once a second while a push of
    /// several batches or a pull of several pages is under way. Ends with its token.
    /// </summary>
    public IAsyncEnumerable<SyncStatus> WatchStatusAsync(CancellationToken cancellationToken = default) =>
        StatusStream.ReadAsync(() => Status, ListenToStatus, _time, cancellationToken);

    /// <summary>
    /// What an app may want to tell its user: conflicts, dead letters, resyncs, an upgrade that is needed, a sign-in that is. Begins with
    /// this call, and ends when the store closes. One that does not read keeps the last 1,000 events, and is told how many it missed.
    /// </summary>
    public IAsyncEnumerable<SyncEvent> EventsAsync(CancellationToken cancellationToken = default) => _database.Events.Listen(cancellationToken);

    /// <summary>Pushes everything pending and pulls to the head; returns when both are done.</summary>
    /// <exception cref="SyncException">The store has no gateway (OS1000), or the gateway could not be reached or refused.</exception>
    public Task SyncNowAsync(CancellationToken cancellationToken = default) => Engine.SyncNowAsync(cancellationToken);

    /// <summary>
    /// Syncs as <see cref="SyncNowAsync"/> does, then compares the rows of all types that this database holds with the server's and mends those
    /// that differ; pending operations stay. It happens by itself once a <see cref="SyncStoreOptions.ReconcilePeriod"/>, and where a digest
    /// tells of a difference. Reads all rows from the disk; what travels is as large as what differs.
    /// </summary>
    /// <exception cref="SyncException">As of <see cref="SyncNowAsync"/>, or the server does not serve it (OS1016).</exception>
    public Task<ReconcileReport> ReconcileAsync(CancellationToken cancellationToken = default) => Engine.ReconcileAsync(cancellationToken);

    /// <summary>Stops syncing until <see cref="Resume"/>; reads and writes go on.</summary>
    /// <exception cref="SyncException">The store has no gateway (OS1000).</exception>
    public void Pause() => Engine.Pause();

    /// <summary>Syncs again.</summary>
    /// <exception cref="SyncException">The store has no gateway (OS1000).</exception>
    public void Resume() => Engine.Resume();

    /// <summary>
    /// Ends the use of this database by its user, and closes the store. It is deleted, with all that it holds, unless what is not synced is
    /// kept in it. A sign-in is opening the file of an account, see <see cref="PathFor"/>.
    /// </summary>
    /// <param name="unsynced">What becomes of operations that the server has not taken, dead letters and unresolved conflicts.</param>
    /// <param name="cancellationToken">Ends a sync that it waits for; then the store stays open.</param>
    /// <exception cref="SyncException">
    /// There is something that is not synced (OS3013), or it could not be pushed (OS10xx): nothing has changed, and the store stays open.
    /// </exception>
    public async Task SignOutAsync(UnsyncedData unsynced = UnsyncedData.Fail, CancellationToken cancellationToken = default)
    {
        if (unsynced == UnsyncedData.Push) await SyncNowAsync(cancellationToken);
        if (unsynced is UnsyncedData.Fail or UnsyncedData.Push) await _database.LeaveAsync(cancellationToken);
        if (_engine is not null) await _engine.DisposeAsync();
        if (unsynced == UnsyncedData.Keep) await _database.DisposeAsync();
        else await _database.DeleteAsync();
    }

    /// <summary>The path of an account's database: one file each, with a name that tells nobody whose it is.</summary>
    /// <param name="folder">Where the app keeps its databases.</param>
    /// <param name="account">The user's id, as the app knows it; any text.</param>
    public static string PathFor(string folder, string account) => Path.Combine(
        folder, $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(account)).AsSpan(0, 16))}.db");

    /// <summary>Stops syncing and closes the database. What is pending stays in the log for the next time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_engine is not null) await _engine.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>Opens while the caller waits: for a container, whose services cannot be awaited.</summary>
    /// <param name="options">Validated by the caller.</param>
    internal static SyncStore OpenValid(SyncStoreOptions options)
    {
        var store = new SyncStore(LocalDatabase.Open(options), options);
        store._engine?.Start();
        return store;
    }

    private SyncEngine Engine => _engine ?? throw StoreErrors.NoGateway();

    private Listening ListenToStatus(Action changed)
    {
        _database.Committed += changed;
        if (_engine is not null) _engine.StatusChanged += changed;
        return new Listening(() =>
        {
            _database.Committed -= changed;
            if (_engine is not null) _engine.StatusChanged -= changed;
        });
    }

    private SyncStatus LocalStatus()
    {
        var depth = Log.Depth();
        return new SyncStatus(SyncConnection.Offline, depth.Pending + depth.InFlight, depth.DeadLetters, depth.OldestWrittenAt, null, null);
    }
}
