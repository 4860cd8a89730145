using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Backend;

/// <summary>
/// What to write: at least one operation. Several are one transaction, each sees what those before it did, and one that is refused
/// refuses all. Where <c>expected</c> is given, the entity must have that version before the write (0: there must be none), or the write is
/// refused as <see cref="RejectionReason.Conflict"/>.
/// </summary>
public sealed class SyncWrite
{
    private readonly List<(OperationKind Kind, EntityKey Entity, ImmutableArray<FieldChange> Changes, long? Expected)> _operations = [];

    internal SyncWrite() { }

    /// <summary>
    /// Creates the entity, or replaces its plain fields: those that are not named are removed. Counters and sets are left as they are.
    /// </summary>
    public SyncWrite Put(string type, string id, JsonObject fields, long? expected = null)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return Put(type, id, Documents.Split(Documents.Encode(fields).Utf8, idName: null, out _)!, expected);
    }

    /// <summary>The same with a model. Its property "id" is the entity's id and no field.</summary>
    /// <exception cref="SyncWriteException">The model has no such property, or it is no text.</exception>
    public SyncWrite Put<T>(string type, T item, JsonTypeInfo<T> typeInfo, long? expected = null)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        var fields = Documents.Split(JsonSerializer.SerializeToUtf8Bytes(item, typeInfo), Documents.IdNameOf(typeInfo), out var id);
        if (fields is null || id is null)
        {
            throw new SyncWriteException(new Fault(FaultCode.Missing, $"operations[{_operations.Count}].entity_id",
                $"{typeof(T).Name} is to be a JSON object with a text \"id\", which names the entity."));
        }

        return Put(type, id, fields, expected);
    }

    /// <summary>
    /// Changes fields of an entity that is there; where there is none, the write is refused as <see cref="RejectionReason.EntityGone"/>.
    /// </summary>
    public SyncWrite Patch(string type, string id, Action<SyncPatch> patch, long? expected = null)
    {
        ArgumentNullException.ThrowIfNull(patch);
        var changes = new SyncPatch();
        patch(changes);
        return Add(OperationKind.Update, type, id, [.. changes.Changes], expected);
    }

    /// <summary>Deletes the entity; where there is none, the operation is superseded.</summary>
    public SyncWrite Delete(string type, string id, long? expected = null) => Add(OperationKind.Delete, type, id, [], expected);

    /// <summary>The write as it travels.</summary>
    /// <exception cref="SyncWriteException">Something in it breaks a rule.</exception>
    internal WriteRequest ToRequest(ScopeId scope, string key, SyncSchema schema, Limits limits)
    {
        var count = _operations.Count;
        var operations = new Operation[count];
        for (var i = 0; i < count; i++)
        {
            var (kind, entity, changes, expected) = _operations[i];
            operations[i] = new Operation
            {
                Id = WriteIds.OperationOf(scope, key, i),
                Device = DeviceId.Backend,
                Entity = entity,
                Kind = kind,
                Counter = i + 1,
                Changes = changes,
                Transaction = count > 1 ? new TransactionRef(WriteIds.TransactionOf(scope, key), i, count) : null,
            };
            var fault = OperationRules.Check(operations[i], schema, limits);
            if (fault is null && expected < 0) fault = new Fault(FaultCode.OutOfRange, "expected", "A version is not below 0.");
            if (fault is not null) throw new SyncWriteException(fault.Within($"operations[{i}]"));
        }

        if (BatchRules.Check(operations, limits, out var bytes) is { } wrong) throw new SyncWriteException(wrong);
        return new([.. operations.Select((operation, i) => new OperationDraft(operation, _operations[i].Expected))], bytes);
    }

    private SyncWrite Put(string type, string id, List<SetField> fields, long? expected) =>
        Add(OperationKind.Create, type, id, [.. fields], expected);

    private SyncWrite Add(OperationKind kind, string type, string id, ImmutableArray<FieldChange> changes, long? expected)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(id);
        _operations.Add((kind, new EntityKey(type, id), changes, expected));
        return this;
    }
}
