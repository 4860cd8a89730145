using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Google.Protobuf.Collections;
using OrleansSync.Core;

namespace OrleansSync.Protocol.Encoded;

/// <summary>
/// Reads operations straight out of their bytes on the wire: the same ones as by way of <see cref="OperationMapping"/>, of less than half
/// as many objects. What a server has in flight is most of what its collections move.
/// </summary>
public sealed class OperationReader
{
    private readonly DeviceId _device;
    private readonly List<BeforeImage> _before = [];
    private readonly ChangeReader _changes = new();

    private OperationReader(DeviceId device) => _device = device;

    /// <summary>Reads the operations of a batch; a fault names the operation by its index.</summary>
    /// <exception cref="InvalidDataException">An operation is no protobuf message.</exception>
    public static bool TryRead(
        RepeatedField<ByteString> wire, DeviceId device, out ImmutableArray<Operation> operations, [NotNullWhen(false)] out Fault? fault)
    {
        (operations, fault) = (default, null);
        var reader = new OperationReader(device);
        var read = ImmutableArray.CreateBuilder<Operation>(wire.Count);
        foreach (var bytes in wire)
        {
            if (!reader.TryRead(bytes.Memory, out var operation, out fault))
            {
                fault = fault.Within($"operations[{read.Count}]");
                return false;
            }

            read.Add(operation);
        }

        operations = read.MoveToImmutable();
        return true;
    }

    private bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out Operation? operation, [NotNullWhen(false)] out Fault? fault)
    {
        operation = null;
        _before.Clear();
        _changes.Begin(bytes.Length);
        var wire = new WireReader(bytes);
        ReadOnlySpan<byte> id = default;
        TransactionParts? transaction = null;
        var (type, entity) = ("", "");
        var kind = default(OperationKind);
        var (counter, @base, seen, wholeDocument) = (0L, 0L, 0L, 0L);
        var generation = 0;
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                case Fields.Id:
                    id = wire.Span();
                    break;
                case Fields.Type:
                    type = wire.Name();
                    break;
                case Fields.EntityId:
                    entity = wire.Text();
                    break;
                case Fields.Kind:
                    kind = (OperationKind)wire.Int32();
                    break;
                case Fields.Counter:
                    counter = wire.Int64();
                    break;
                case Fields.Base:
                    @base = wire.Int64();
                    break;
                case Fields.Seen:
                    seen = wire.Int64();
                    break;
                case Fields.Generation:
                    generation = wire.Int32();
                    break;
                case Fields.Changes:
                    _changes.Read(wire.Memory());
                    break;
                case Fields.Transaction:
                    ReadTransaction(wire.Memory(), transaction ??= new TransactionParts());
                    break;
                case Fields.WholeDocumentCounter:
                    wholeDocument = wire.Int64();
                    break;
                case Fields.Before:
                    _before.Add(ReadBefore(wire.Memory()));
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }

        if (!TryId(id, "id", out var operationId, out fault)) return false;
        if (!TryTakeTransaction(transaction, out var part, out fault)) return false;
        if (!_changes.TryTake(out var changes, out fault)) return false;
        operation = new Operation
        {
            Id = new OperationId(operationId),
            Device = _device,
            Entity = new EntityKey(type, entity),
            Kind = kind,
            Counter = counter,
            Base = @base,
            Seen = seen,
            Generation = generation,
            WholeDocumentCounter = wholeDocument,
            Changes = changes,
            Before = [.. _before],
            Transaction = part,
        };
        return true;
    }

    private static void ReadTransaction(ReadOnlyMemory<byte> bytes, TransactionParts transaction)
    {
        var wire = new WireReader(bytes);
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                case Fields.TransactionId:
                    transaction.HasId = WireIds.TryRead(wire.Span(), out transaction.Id);
                    break;
                case Fields.TransactionIndex:
                    transaction.Index = wire.Int32();
                    break;
                case Fields.TransactionCount:
                    transaction.Count = wire.Int32();
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }
    }

    private static bool TryTakeTransaction(TransactionParts? parts, out TransactionRef? transaction, [NotNullWhen(false)] out Fault? fault)
    {
        fault = parts is { HasId: false } ? WireIds.Fault("transaction.id") : null;
        transaction = parts is { HasId: true } ? new TransactionRef(new TransactionId(parts.Id), parts.Index, parts.Count) : null;
        return fault is null;
    }

    private BeforeImage ReadBefore(ReadOnlyMemory<byte> bytes)
    {
        var wire = new WireReader(bytes);
        var field = "";
        JsonValue? value = null;
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                case Fields.BeforeField:
                    field = wire.Name();
                    break;
                case Fields.BeforeValue:
                    value = _changes.Value(wire.Memory());
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }

        return new BeforeImage(field, value);
    }

    private static bool TryId(ReadOnlySpan<byte> bytes, string path, out Guid id, [NotNullWhen(false)] out Fault? fault)
    {
        var read = WireIds.TryRead(bytes, out id);
        fault = read ? null : WireIds.Fault(path);
        return read;
    }

    /// <summary>An embedded message may come in parts, which add up.</summary>
    private sealed class TransactionParts
    {
        public Guid Id;
        public bool HasId;
        public int Index;
        public int Count;
    }

    private static class Fields
    {
        public const int Id = (V1.Operation.IdFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Type = (V1.Operation.TypeFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int EntityId = (V1.Operation.EntityIdFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Kind = (V1.Operation.KindFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Counter = (V1.Operation.CounterFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Base = (V1.Operation.BaseFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Seen = (V1.Operation.SeenFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Generation = (V1.Operation.GenerationFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Changes = (V1.Operation.ChangesFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Transaction = (V1.Operation.TransactionFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int WholeDocumentCounter = (V1.Operation.WholeDocumentCounterFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Before = (V1.Operation.BeforeFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int TransactionId = (V1.TransactionRef.IdFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int TransactionIndex = (V1.TransactionRef.IndexFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int TransactionCount = (V1.TransactionRef.CountFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int BeforeField = (V1.BeforeImage.FieldFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int BeforeValue = (V1.BeforeImage.ValueFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
    }
}
