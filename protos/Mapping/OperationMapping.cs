using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Google.Protobuf.Collections;
using OrleansSync.Core;

namespace OrleansSync.Protocol;

/// <summary>Operations between their two forms. Values are shared, not copied: do not change them afterwards.</summary>
public static class OperationMapping
{
    public static V1.Operation ToWire(Operation operation)
    {
        var wire = new V1.Operation
        {
            Id = WireIds.ToWire(operation.Id),
            Type = operation.Entity.Type,
            EntityId = operation.Entity.Id,
            Kind = (V1.OperationKind)operation.Kind,
            Counter = operation.Counter,
            Base = operation.Base,
            Seen = operation.Seen,
            Generation = operation.Generation,
            WholeDocumentCounter = operation.WholeDocumentCounter,
        };
        if (operation.Transaction is { } transaction)
        {
            wire.Transaction = new V1.TransactionRef
            {
                Id = WireIds.ToWire(transaction.Id.Value),
                Index = transaction.Index,
                Count = transaction.Count,
            };
        }

        // Else a list begins with room for eight, whatever it will hold.
        wire.Changes.Capacity = operation.Changes.Length;
        foreach (var change in operation.Changes) wire.Changes.Add(FieldChangeMapping.ToWire(change));
        foreach (var image in operation.Before)
        {
            var before = new V1.BeforeImage { Field = image.Field };
            if (image.Value is { } value) before.Value = UnsafeByteOperations.UnsafeWrap(value.Utf8);
            wire.Before.Add(before);
        }

        return wire;
    }

    /// <summary>
    /// Reads one operation of the session's device. What is not there or has no form at all is a fault here; whether the
    /// content is allowed is the matter of <see cref="OperationRules"/>. Never throws.
    /// </summary>
    public static bool TryRead(
        V1.Operation wire, DeviceId device, [NotNullWhen(true)] out Operation? operation, [NotNullWhen(false)] out Fault? fault)
    {
        operation = null;
        if (!WireIds.TryRead(wire.Id, out Guid id))
        {
            fault = WireIds.Fault("id");
            return false;
        }

        if (!TryReadTransaction(wire.Transaction, out var transaction, out fault)) return false;
        if (!TryReadChanges(wire.Changes, out var changes, out fault)) return false;
        operation = new Operation
        {
            Id = new OperationId(id),
            Device = device,
            Entity = new EntityKey(wire.Type, wire.EntityId),
            Kind = (OperationKind)wire.Kind,
            Counter = wire.Counter,
            Base = wire.Base,
            Seen = wire.Seen,
            Generation = wire.Generation,
            WholeDocumentCounter = wire.WholeDocumentCounter,
            Changes = changes,
            Before = ReadBefore(wire.Before),
            Transaction = transaction,
        };
        return true;
    }

    private static bool TryReadTransaction(V1.TransactionRef? wire, out TransactionRef? transaction, [NotNullWhen(false)] out Fault? fault)
    {
        transaction = null;
        fault = null;
        if (wire is null) return true;
        if (!WireIds.TryRead(wire.Id, out Guid id))
        {
            fault = WireIds.Fault("transaction.id");
            return false;
        }

        transaction = new TransactionRef(new TransactionId(id), wire.Index, wire.Count);
        return true;
    }

    /// <summary>Reads the changes of an operation, or those that are to take their place; a fault names the change by its index.</summary>
    public static bool TryReadChanges(
        RepeatedField<V1.FieldChange> wire, out ImmutableArray<FieldChange> changes, [NotNullWhen(false)] out Fault? fault)
    {
        changes = [];
        var read = ImmutableArray.CreateBuilder<FieldChange>(wire.Count);
        foreach (var item in wire)
        {
            if (!FieldChangeMapping.TryRead(item, out var change, out fault))
            {
                fault = fault.Within($"changes[{read.Count}]");
                return false;
            }

            read.Add(change);
        }

        changes = read.MoveToImmutable();
        fault = null;
        return true;
    }

    private static ImmutableArray<BeforeImage> ReadBefore(RepeatedField<V1.BeforeImage> wire)
    {
        if (wire.Count == 0) return [];
        var before = ImmutableArray.CreateBuilder<BeforeImage>(wire.Count);
        foreach (var image in wire)
        {
            before.Add(new BeforeImage(image.Field, image.HasValue ? new JsonValue(image.Value.Memory) : null));
        }

        return before.MoveToImmutable();
    }
}
