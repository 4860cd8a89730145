using System.Globalization;
using OrleansSync.Client.Conflicts;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>
/// One question: the writes of a device that met a change of another device, and what the device wrote on top of them. A transaction is
/// one question, whatever it is about.
/// </summary>
public sealed class SyncConflict
{
    private readonly LocalDatabase _database;
    private readonly IReadOnlyList<ParkedOperation> _parked;
    private readonly Dictionary<EntityKey, long> _seen;

    internal SyncConflict(LocalDatabase database, LocalConnection connection, IReadOnlyList<ParkedOperation> parked)
    {
        (_database, _parked) = (database, parked);
        var entities = parked.GroupBy(static one => one.Entity).ToArray();
        _seen = entities.ToDictionary(static entity => entity.Key, entity => EntityTable.FindServerSequence(connection, entity.Key));
        Entities =
        [
            .. entities.Select(entity => ConflictEntity.Of([.. entity], EntityTable.FindDocument(connection, entity.Key))),
        ];
    }

    /// <summary>Names the question; the id of the first write in it, which is in that write's receipt.</summary>
    public OperationId Id => _parked[0].Group;

    /// <summary>Which device wrote it; see <see cref="SyncStore.DeviceId"/>.</summary>
    public Guid Device => _parked[0].Device.Value;

    /// <summary>When it was parked, by the server's clock.</summary>
    public DateTimeOffset ParkedAt => DateTimeOffset.FromUnixTimeMilliseconds(_parked.Min(static one => one.ParkedAt));

    /// <summary>What it is about: one entity, or those of a transaction.</summary>
    public IReadOnlyList<ConflictEntity> Entities { get; }

    /// <summary>Equal for equal questions about equal rows.</summary>
    internal string State => string.Create(
        CultureInfo.InvariantCulture,
        $"{Id} {string.Join(',', _parked.Select(static one => one.Id.Value))} {string.Join(',', _seen.Select(static one => one.Value))}");

    /// <summary>
    /// Leaves everything as it is: the writes that wait are dropped. Returns when that is on this device's disk; the receipt tells what the
    /// server made of it.
    /// </summary>
    /// <exception cref="SyncException">It was settled in the meantime, or has grown (OS3014).</exception>
    public Task<WriteReceipt> KeepTheirsAsync(CancellationToken cancellationToken = default) =>
        SettleAsync(static _ => { }, onlyDrops: true, cancellationToken);

    /// <summary>
    /// Does again what waits, over the entities as they are now: changes of one that is gone become its creation. The receipt tells what
    /// the server made of it: somebody who changed one of them in the meantime, or decided first, makes it a dead letter (<c>Conflict</c>).
    /// </summary>
    /// <exception cref="SyncException">
    /// It was settled in the meantime, has grown, or one of its entities has changed since it was read (OS3014); a change is refused
    /// locally (OS30xx). Nothing was changed.
    /// </exception>
    public Task<WriteReceipt> KeepMineAsync(CancellationToken cancellationToken = default) => SettleAsync(
        set =>
        {
            foreach (var parked in _parked) set.Replay(parked.Kind, parked.Entity, parked.Changes);
        },
        onlyDrops: false,
        cancellationToken);

    /// <summary>Writes something else instead, in one transaction with settling the question; otherwise as <see cref="KeepMineAsync"/>.</summary>
    /// <param name="write">As in <see cref="SyncStore.TransactionAsync"/>.</param>
    /// <param name="cancellationToken">Ends the wait for the writer.</param>
    /// <exception cref="SyncException">As <see cref="KeepMineAsync"/>.</exception>
    public Task<WriteReceipt> ResolveAsync(Action<SyncTransaction> write, CancellationToken cancellationToken = default) =>
        SettleAsync(set => SyncTransaction.Run(set, write), onlyDrops: false, cancellationToken);

    private Task<WriteReceipt> SettleAsync(Action<WriteSet> write, bool onlyDrops, CancellationToken cancellationToken) => _database.WriteAsync(
        (set, context) =>
        {
            var waiting = ConflictRows.Read(context.Connection, context.Meta.Types).Where(parked => parked.Group == Id).Select(static parked => parked.Id);
            if (!waiting.ToHashSet().SetEquals(_parked.Select(static parked => parked.Id))) throw StoreErrors.ConflictMoved(Id);
            var isOther = _seen.Any(seen => EntityTable.FindServerSequence(context.Connection, seen.Key) != seen.Value);
            if (isOther && !onlyDrops) throw StoreErrors.ConflictMoved(Id);
            write(set);
            foreach (var parked in _parked) set.Delete(ParkedOperation.KeyOf(parked.Id));
        },
        cancellationToken);
}
