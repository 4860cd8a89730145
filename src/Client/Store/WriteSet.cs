using System.Collections.Immutable;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.Store;

/// <summary>
/// The operations of one write (or one transaction) and the rows they make, kept in memory until <see cref="Flush"/>:
/// the log is written before the rows, and the size of a transaction is known before its first operation is encoded.
/// </summary>
internal sealed class WriteSet(WriteContext context, DateTimeOffset now, bool leavesAtOnce = false)
{
    private readonly LamportClock _clock = new(context.Meta.Clock);
    private readonly Dictionary<EntityKey, Working> _working = [];
    private readonly List<Operation> _operations = [];
    private readonly long _writtenAt = now.ToUnixTimeMilliseconds();
    private bool _anyLocal;

    /// <summary>The row as this write sees it; a tombstone where it was deleted.</summary>
    public EntityRow? Find(EntityKey key) => Held(key).Row;

    /// <summary>The live row's document as this write sees it.</summary>
    public byte[]? FindDocument(EntityKey key)
    {
        if (_working.TryGetValue(key, out var working))
            return working.Row is { Deleted: false } row ? RowEncoding.EncodeDocument(row) : null;
        return EntityTable.FindDocument(context.Connection, key);
    }

    /// <summary>Creates the entity, or replaces its plain fields. Counters and sets are left as they are.</summary>
    public void Put(EntityKey key, IReadOnlyList<SetField> fields)
    {
        var schema = SchemaOf(key);
        var row = Find(key) is { Deleted: false } live ? live : null;
        var changes = ChangeDrafts.Put(schema, row, fields);
        if (row is null) Append(key, schema, OperationKind.Create, changes);
        else if (changes.Length > 0) Append(key, schema, OperationKind.Update, changes);
    }

    /// <summary>Applies the differences between two serializations of the model.</summary>
    public void Update(EntityKey key, IReadOnlyList<SetField> before, IReadOnlyList<SetField> after)
    {
        var schema = SchemaOf(key);
        var row = Live(key);
        var changes = new List<FieldChange>();
        var old = before.ToDictionary(static field => field.Field, static field => field.Value, StringComparer.Ordinal);
        foreach (var field in after)
        {
            if (!old.Remove(field.Field, out var value) || value != field.Value) changes.Add(field);
        }

        changes.AddRange(old.Keys.Select(static name => new RemoveField(name)));
        foreach (var change in changes)
        {
            var kind = ChangeDrafts.KindOf(schema, row, change.Field);
            if (kind != FieldKind.Plain)
            {
                throw StoreErrors.WrongKind(key, change.Field, $"is a {kind.ToString().ToLowerInvariant()} and was changed by an update",
                    "Change it with PatchAsync: Increment, Add, RemoveElement.");
            }
        }

        if (changes.Count > 0) Append(key, schema, OperationKind.Update, [.. changes]);
    }

    /// <summary>Applies changes to a live entity.</summary>
    public void Patch(EntityKey key, IReadOnlyList<FieldChange> drafts)
    {
        var changes = ChangeDrafts.Patch(Live(key), drafts);
        if (changes.Length > 0) Append(key, SchemaOf(key), OperationKind.Update, changes);
    }

    /// <summary>Deletes the entity; nothing where there is none.</summary>
    public void Delete(EntityKey key)
    {
        if (Find(key) is { Deleted: false }) Append(key, SchemaOf(key), OperationKind.Delete, []);
    }

    /// <summary>
    /// Does again what an operation was to do, with these changes, on the entity as it is now: changes of an entity that is gone become its
    /// creation.
    /// </summary>
    public void Replay(OperationKind kind, EntityKey key, IEnumerable<FieldChange> changed)
    {
        if (kind == OperationKind.Delete)
        {
            Delete(key);
            return;
        }

        var row = Find(key) is { Deleted: false } live ? live : null;
        var changes = ChangeDrafts.Patch(row, changed);
        Append(key, SchemaOf(key), row is null ? OperationKind.Create : OperationKind.Update, changes);
    }

    /// <summary>
    /// Writes the log, then the rows, then the clock. Several operations are one transaction for everybody, with as few for each entity
    /// as say the same.
    /// </summary>
    public WriteReceipt Flush()
    {
        if (_operations.Count > 1) Compact();
        if (_operations.Count > 0) AppendToLog();
        else if (!_anyLocal) return WriteReceipt.Nothing;
        foreach (var (key, working) in _working)
        {
            if (!working.Touched) continue;
            Save(key, working.Row);
            context.NoteChanged(key);
        }

        context.Meta = context.Meta with { Clock = _clock.Value, Rewritten = WithRewritten(context.Meta.Rewritten) };
        if (_operations.Count == 0) return WriteReceipt.Nothing;
        var receipt = new WriteReceipt(_operations);
        context.NoteAppended(receipt);
        return receipt;
    }

    private void Save(EntityKey key, EntityRow? row)
    {
        if (!IsLocal(key))
        {
            if (row is not null) EntityTable.SaveWritten(context.Connection, row);
        }
        else if (row is { Deleted: false })
        {
            EntityTable.SaveLocal(context.Connection, row);
        }
        else
        {
            EntityTable.Remove(context.Connection, key);
        }
    }

    private void Compact()
    {
        var transaction = new TransactionId(OperationIds.New(now));
        for (var i = 0; i < _operations.Count; i++)
            _operations[i] = _operations[i] with { Transaction = new TransactionRef(transaction, i, _operations.Count) };
        EntityKey[] several = [.. _operations.CountBy(static one => one.Entity).Where(static one => one.Value > 1).Select(static one => one.Key)];
        if (several.Length == 0) return;

        var device = context.Meta.Device;
        var compacted = Compaction.CompactTransaction(_operations, key => EntityIds.AreOf(device, key.Id), context.Meta.Limits);
        _operations.Clear();
        _operations.AddRange(compacted);
        if (_operations is [var alone]) _operations[0] = alone with { Transaction = null };
        foreach (var key in several)
        {
            // The row is what the operations that are left make of it; where none is, it is as it was.
            var row = EntityTable.Find(context.Connection, key)?.Local;
            var left = _operations.Where(one => one.Entity == key).ToList();
            foreach (var operation in left) row = Rebase.Apply(row, operation, _writtenAt, context.Meta).Row;
            _working[key] = _working[key] with { Row = row, Touched = left.Count > 0 };
        }
    }

    // What leaves at once stays as it is, and so does a transaction.
    private RewrittenEntities? WithRewritten(RewrittenEntities? before) =>
        !leavesAtOnce && _operations is [{ Entity: var only }] && _working[only].WasPending ? before?.With(only) : before;

    private void AppendToLog()
    {
        var payloads = new byte[_operations.Count][];
        var size = 0L;
        for (var i = 0; i < payloads.Length; i++)
        {
            payloads[i] = OperationEncoding.Encode(_operations[i]);
            size += payloads[i].Length;
        }

        // A single operation counts as a transaction of one: it may be larger than a batch of many.
        var limit = context.Meta.Limits.TransactionBytes;
        if (size > limit) throw StoreErrors.TransactionTooLarge($"it has {size} bytes; the limit is {limit}");
        for (var i = 0; i < payloads.Length; i++) OperationTable.Append(context.Connection, _operations[i], payloads[i], _writtenAt);
        if (leavesAtOnce) AttemptedTable.Add(context.Connection, new CounterRun(_operations[0].Counter, _operations[^1].Counter));
    }

    private void Append(EntityKey key, EntitySchema schema, OperationKind kind, ImmutableArray<FieldChange> changes)
    {
        var limit = context.Meta.Limits.TransactionOperations;
        if (_operations.Count == limit) throw StoreErrors.TransactionTooLarge($"it has more than {limit} operations, the limit");
        var held = Held(key);
        var counter = _clock.Next();
        var wholeDocument = kind != OperationKind.Delete && schema.Policy == ConflictPolicy.LastWriterWins;
        var operation = new Operation
        {
            Id = new OperationId(OperationIds.New(now)),
            Device = context.Meta.Device,
            Entity = key,
            Kind = kind,
            Counter = counter,
            Base = held.ServerSequence,
            Seen = held.Seen,
            Generation = ChangeDrafts.GenerationOf(held.Row, kind),
            WholeDocumentCounter = wholeDocument ? counter : 0,
            Changes = wholeDocument ? ChangeDrafts.WholeDocument(kind == OperationKind.Create ? null : held.Row, changes) : changes,
            Before = ChangeDrafts.Before(schema, held.Row, changes),
        };
        // What is written here is never malformed there: a refusal as malformed would hold up the batch it travels in.
        if (OperationRules.Check(operation, IsLocal(key) ? SyncSchema.Open : context.Meta.Schema, context.Meta.Limits) is { } fault) throw StoreErrors.Invalid(operation, fault);
        var merged = Rebase.Apply(held.Row, operation, _writtenAt, context.Meta);
        if (merged.Kind == OutcomeKind.Rejected) throw Refused(operation, merged.Reason, schema, held.Row);
        if (IsLocal(key)) _anyLocal = true;
        else _operations.Add(operation);
        _working[key] = held with { Row = merged.Row, Touched = true };
    }

    private static SyncException Refused(Operation operation, RejectionReason reason, EntitySchema schema, EntityRow? row)
    {
        foreach (var change in operation.Changes)
        {
            var kind = ChangeDrafts.KindOf(schema, row, change.Field);
            if (reason == RejectionReason.FieldKindMismatch && kind != ChangeDrafts.KindOf(change))
                return StoreErrors.WrongChange(operation.Entity, change.Field, kind, declared: !schema.InfersKinds);
        }

        return StoreErrors.Refused(operation.Entity, reason);
    }

    private EntityRow Live(EntityKey key) => Find(key) is { Deleted: false } row ? row : throw StoreErrors.NotFound(key);

    private EntitySchema SchemaOf(EntityKey key) =>
        context.Meta.Schema.Find(key.Type) ?? (IsLocal(key) ? EntitySchema.Undeclared(key.Type) : throw StoreErrors.UnknownType(key.Type));

    private bool IsLocal(EntityKey key) => !context.Meta.Types.Local.IsEmpty && context.Meta.Types.Local.Contains(key.Type);

    private Working Held(EntityKey key)
    {
        if (_working.TryGetValue(key, out var working)) return working;
        var held = EntityTable.Find(context.Connection, key);
        return _working[key] = new Working(held?.Local, held?.ServerSequence ?? 0, SeenOf(key, held), held is { Pending: true }, Touched: false);
    }

    /// <summary>
    /// The visible cursor, or 0 for a type whose rows are not here: the device cannot have known of them. What follows a create that the cursor has not reached keeps that create's: both must count their
    /// generation from the same births.
    /// </summary>
    private long SeenOf(EntityKey key, HeldEntity? held) =>
        held is { ServerSequence: 0 } && OperationTable.FirstOfOverlay(context.Connection, key, context.Meta) is { } first
            ? first.Seen
            : context.Meta.Types.IsVisible(key.Type) ? context.Meta.Cursor : 0;

    private readonly record struct Working(EntityRow? Row, long ServerSequence, long Seen, bool WasPending, bool Touched);
}
