using OrleansSync.Client.Store;

namespace OrleansSync.Client;

/// <summary>
/// Writes over several entities and collections that happen together: on this disk, on the server and on other devices.
/// Reads see the transaction's own writes. Valid inside its delegate only.
/// </summary>
public sealed class SyncTransaction
{
    private readonly WriteSet _set;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private bool _ended;

    private SyncTransaction(WriteSet set) => _set = set;

    /// <inheritdoc cref="SyncCollection{T}.PutAsync"/>
    public void Put<T>(SyncCollection<T> collection, T item)
    {
        var (id, fields) = collection.Codec.Encode(item);
        Set().Put(collection.Key(id), fields);
    }

    /// <inheritdoc cref="SyncCollection{T}.UpdateAsync"/>
    public void Update<T>(SyncCollection<T> collection, string id, Func<T, T> update) => collection.Update(Set(), id, update);

    /// <inheritdoc cref="SyncCollection{T}.PatchAsync"/>
    public void Patch<T>(SyncCollection<T> collection, string id, Action<EntityPatch> patch)
    {
        var changes = new EntityPatch(collection.Codec.IdName);
        patch(changes);
        Set().Patch(collection.Key(id), changes.Changes);
    }

    /// <inheritdoc cref="SyncCollection{T}.DeleteAsync"/>
    public void Delete<T>(SyncCollection<T> collection, string id) => Set().Delete(collection.Key(id));

    /// <inheritdoc cref="SyncCollection{T}.FindAsync"/>
    public T? Find<T>(SyncCollection<T> collection, string id) =>
        Set().FindDocument(collection.Key(id)) is { } document ? collection.Codec.Decode(collection.Key(id), document) : default;

    /// <summary>Runs what an app writes together; what it calls on the transaction afterwards is refused.</summary>
    internal static void Run(WriteSet set, Action<SyncTransaction> write)
    {
        var transaction = new SyncTransaction(set);
        write(transaction);
        transaction._ended = true;
    }

    private WriteSet Set() => !_ended && _thread == Environment.CurrentManagedThreadId
        ? _set
        : throw new InvalidOperationException("A transaction is valid inside its delegate only, on the thread that runs it.");
}
