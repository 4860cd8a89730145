using System.Runtime.CompilerServices;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>
/// The entities of one type in the local database. Reads and writes never touch the network; a write returns when it is on
/// the local disk. Thread-safe.
/// </summary>
/// <typeparam name="T">The app's model, or <see cref="SyncDocument"/>.</typeparam>
public sealed class SyncCollection<T>
{
    private const int PageSize = 200;

    private readonly LocalDatabase _database;

    internal LocalDatabase Database => _database;

    internal SyncCollection(LocalDatabase database, string type, ItemCodec<T> codec) => (_database, Type, Codec) = (database, type, codec);

    /// <summary>The entity type: a letter or underscore, then letters, digits, underscores; at most 64.</summary>
    public string Type { get; }

    internal ItemCodec<T> Codec { get; }

    /// <summary>
    /// Creates the entity, or replaces its plain fields: all of them are written, those the item lacks are removed. Fields
    /// declared as counters or sets are left as they are; change them with <see cref="PatchAsync"/>.
    /// </summary>
    /// <exception cref="SyncException">The item has no id (OS3006), passes a limit (OS3000, OS3004), or the disk failed (OS20xx).</exception>
    public Task<WriteReceipt> PutAsync(T item, CancellationToken cancellationToken = default)
    {
        var (id, fields) = Codec.Encode(item);
        return _database.WriteAsync(set => set.Put(Key(id), fields), cancellationToken);
    }

    /// <summary>
    /// Reads the entity, lets <paramref name="update"/> change it, and writes the fields whose JSON differs. Nothing else
    /// writes in between. Runs on the store's writer: no other write of the store can be called inside. Where the disk fails it, or
    /// another write beside it, it runs again.
    /// </summary>
    /// <exception cref="SyncException">No such entity (OS3001); a counter or set was changed (OS3003); as <see cref="PutAsync"/>.</exception>
    public Task<WriteReceipt> UpdateAsync(string id, Func<T, T> update, CancellationToken cancellationToken = default) =>
        _database.WriteAsync(set => Update(set, id, update), cancellationToken);

    /// <summary>Changes single fields of an entity that exists.</summary>
    /// <exception cref="SyncException">No such entity (OS3001); a field is of another kind (OS3003); as <see cref="PutAsync"/>.</exception>
    public Task<WriteReceipt> PatchAsync(string id, Action<EntityPatch> patch, CancellationToken cancellationToken = default)
    {
        var changes = new EntityPatch(Codec.IdName);
        patch(changes);
        return _database.WriteAsync(set => set.Patch(Key(id), changes.Changes), cancellationToken);
    }

    /// <summary>Deletes the entity; where there is none, nothing happens and the receipt is empty.</summary>
    public Task<WriteReceipt> DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        _database.WriteAsync(set => set.Delete(Key(id)), cancellationToken);

    /// <summary>The entity, or <c>null</c> where there is none or it was deleted.</summary>
    /// <exception cref="SyncException">The stored document does not fit the model (OS3007).</exception>
    public async Task<T?> FindAsync(string id, CancellationToken cancellationToken = default)
    {
        var document = await _database.ReadAsync(connection => EntityTable.FindDocument(connection, Key(id)), cancellationToken);
        return document is null ? default : Codec.Decode(Key(id), document);
    }

    /// <summary>A query that an index serves; without conditions all entities, in the order of their ids.</summary>
    public EntityQuery<T> Query() => new(this);

    /// <summary>
    /// Reads every entity of the type, in the order of their ids' bytes, page by page: one that changes meanwhile is seen as it is when
    /// its page is read. For few of many there is <see cref="Query"/>.
    /// </summary>
    /// <param name="where">Which ones; <c>null</c>: all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<T> ScanAsync(
        Func<T, bool>? where = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var after = "";
        while (true)
        {
            var from = after;
            var page = await _database.ReadAsync(connection => EntityTable.Page(connection, Type, from, PageSize), cancellationToken);
            foreach (var (id, document) in page)
            {
                var item = Codec.Decode(Key(id), document);
                if (where is null || where(item)) yield return item;
            }

            if (page.Count < PageSize) yield break;
            after = page[^1].Id;
        }
    }

    /// <summary>How many live entities there are.</summary>
    public Task<long> CountAsync(CancellationToken cancellationToken = default) =>
        _database.ReadAsync(connection => EntityTable.Count(connection, Type), cancellationToken);

    /// <summary>Where an entity stands with the server. One that this device does not know is synced.</summary>
    public Task<EntitySyncState> StateOfAsync(string id, CancellationToken cancellationToken = default) =>
        _database.ReadAsync(connection => OperationTable.StateOf(connection, Key(id)), cancellationToken);

    internal EntityKey Key(string id) => new(Type, id);

    internal void Update(WriteSet set, string id, Func<T, T> update)
    {
        var document = set.FindDocument(Key(id)) ?? throw StoreErrors.NotFound(Key(id));
        var item = Codec.Decode(Key(id), document);
        // Before the update runs: the model may be mutable.
        var (_, before) = Codec.Encode(item);
        var (newId, after) = Codec.Encode(update(item));
        if (newId != id) throw StoreErrors.Invalid(Key(id), $"the update changed its id to '{newId}'. An id cannot change.");
        set.Update(Key(id), before, after);
    }
}
