using OrleansSync.Client.OpLog;
using OrleansSync.Core;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>
/// What one write works with: the connection inside its savepoint, the state as of this write, and what has to happen
/// once the commit is durable. A write that fails is rewound with everything it noted here.
/// </summary>
internal sealed class WriteContext(LocalConnection connection, LocalMeta meta)
{
    private readonly List<EntityKey> _changed = [];
    private readonly List<SettledOperation> _settled = [];
    private readonly List<AbsorbedOperation> _absorbed = [];
    private readonly List<WriteReceipt> _receipts = [];
    private readonly List<SyncEvent> _events = [];

    public LocalConnection Connection { get; } = connection;

    public LocalMeta Meta { get; set; } = meta;

    /// <summary>Entities whose local row changed; see also <see cref="AnyChanged"/>.</summary>
    public IReadOnlyList<EntityKey> Changed => _changed;

    /// <summary>So many changed that they are not named.</summary>
    public bool AnyChanged { get; private set; }

    /// <summary>Operations whose end became known.</summary>
    public IReadOnlyList<SettledOperation> Settled => _settled;

    /// <summary>Operations that are part of others now.</summary>
    public IReadOnlyList<AbsorbedOperation> Absorbed => _absorbed;

    /// <summary>Receipts of operations that were appended to the log.</summary>
    public IReadOnlyList<WriteReceipt> Receipts => _receipts;

    /// <summary>What the app may want to know of.</summary>
    public IReadOnlyList<SyncEvent> Events => _events;

    public void NoteChanged(EntityKey key) => _changed.Add(key);

    public void NoteAnyChanged() => AnyChanged = true;

    public void NoteSettled(SettledOperation operation) => _settled.Add(operation);

    public void NoteAbsorbed(AbsorbedOperation operation) => _absorbed.Add(operation);

    public void NoteAppended(WriteReceipt receipt) => _receipts.Add(receipt);

    public void NoteEvent(SyncEvent what) => _events.Add(what);

    public Mark Remember() => new(Meta, AnyChanged, _changed.Count, _settled.Count, _absorbed.Count, _receipts.Count, _events.Count);

    public void Rewind(Mark mark)
    {
        (Meta, AnyChanged) = (mark.Meta, mark.AnyChanged);
        _changed.RemoveRange(mark.Changed, _changed.Count - mark.Changed);
        _settled.RemoveRange(mark.Settled, _settled.Count - mark.Settled);
        _absorbed.RemoveRange(mark.Absorbed, _absorbed.Count - mark.Absorbed);
        _receipts.RemoveRange(mark.Receipts, _receipts.Count - mark.Receipts);
        _events.RemoveRange(mark.Events, _events.Count - mark.Events);
    }

    public readonly record struct Mark(LocalMeta Meta, bool AnyChanged, int Changed, int Settled, int Absorbed, int Receipts, int Events);
}

/// <summary>The end of an operation, for its receipt and the meter.</summary>
/// <param name="Operation">Its id.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="WrittenAt">When it was written, milliseconds since 1970 UTC by the device's clock.</param>
/// <param name="GivenUp">Not by an outcome of the server's.</param>
internal readonly record struct SettledOperation(OperationId Operation, WriteOutcome Outcome, long WrittenAt = 0, bool GivenUp = false);
