using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>
/// What an operation must be, whatever the row it meets. Kinds of fields are no matter of this: a change that does not fit
/// its field is an outcome of the merge.
/// </summary>
public static class OperationRules
{
    /// <summary>The highest generation of an entity.</summary>
    public const int MaxGeneration = 1_000_000;

    /// <summary>Increments and element changes in an operation, over all its fields.</summary>
    public const int MaxRepeatableChanges = 1_024;

    /// <summary>Tags that one element change may list as seen.</summary>
    public const int MaxObservedTags = 64;

    /// <summary>The first fault, its path relative to the operation; <c>null</c>: none.</summary>
    public static Fault? Check(Operation operation, SyncSchema schema, Limits limits)
    {
        var changed = default(NameSet);
        return CheckIdentity(operation, schema, limits)
            ?? CheckNumbers(operation)
            ?? CheckTransaction(operation.Transaction, limits)
            ?? CheckChanges(operation, limits, ref changed)
            ?? CheckBefore(operation, in changed, limits);
    }

    private static Fault? CheckIdentity(Operation operation, SyncSchema schema, Limits limits)
    {
        if (operation.Id.Value == Guid.Empty) return new Fault(FaultCode.InvalidUuid, "id", "An operation id is a UUID other than zero.");
        if (operation.Device.Value == Guid.Empty)
        {
            return new Fault(FaultCode.InvalidUuid, "device_id", "A device id is a UUID other than zero.");
        }

        if (FormRules.CheckName(operation.Entity.Type, limits) is { } name) return name.Within("type");
        if (schema.Find(operation.Entity.Type) is null)
        {
            return new Fault(FaultCode.UnknownType, "type", $"The type \"{operation.Entity.Type}\" is not declared on the server.");
        }

        if (FormRules.CheckEntityId(operation.Entity.Id, limits) is { } id) return id.Within("entity_id");
        if (operation.Entity.Type == ParkedOperation.Type && operation.Kind != OperationKind.Delete)
        {
            return new Fault(FaultCode.InvalidKind, "kind", $"What is in the conflict inbox (\"{ParkedOperation.Type}\") can only be deleted, which settles it.");
        }

        return operation.Kind is >= OperationKind.Create and <= OperationKind.Delete
            ? null
            : new Fault(FaultCode.InvalidKind, "kind", "A kind is create, update or delete.");
    }

    private static Fault? CheckNumbers(Operation operation) =>
        CheckRange("counter", operation.Counter, 1, long.MaxValue)
        ?? CheckRange("base", operation.Base, 0, long.MaxValue)
        ?? CheckRange("seen", operation.Seen, 0, long.MaxValue)
        ?? CheckRange("generation", operation.Generation, 1, MaxGeneration)
        ?? CheckRange(
            "whole_document_counter", operation.WholeDocumentCounter, 0, operation.Kind == OperationKind.Delete ? 0 : operation.Counter);

    private static Fault? CheckTransaction(TransactionRef? transaction, Limits limits)
    {
        if (transaction is null) return null;
        if (transaction.Id.Value == Guid.Empty)
        {
            return new Fault(FaultCode.InvalidUuid, "transaction.id", "A transaction id is a UUID other than zero.");
        }

        if (transaction.Count < 1 || transaction.Count > limits.TransactionOperations)
        {
            return new Fault(FaultCode.InvalidTransaction, "transaction.count",
                $"A transaction has 1 to {limits.TransactionOperations} operations.");
        }

        return transaction.Index >= 0 && transaction.Index < transaction.Count
            ? null
            : new Fault(FaultCode.InvalidTransaction, "transaction.index", "An index is from 0 to the transaction's count, exclusive.");
    }

    private static Fault? CheckChanges(Operation operation, Limits limits, ref NameSet changed)
    {
        var changes = operation.Changes;
        if (changes.Length > 0 && operation.Kind == OperationKind.Delete)
        {
            return new Fault(FaultCode.UnexpectedChanges, "changes", "A delete has no changes.");
        }

        var plain = default(NameSet);
        var repeatable = 0;
        for (var i = 0; i < changes.Length; i++)
        {
            var change = changes[i];
            if (CheckChange(change, operation, limits) is { } fault) return fault.Within($"changes[{i}]");
            if (changed.Add(change.Field) && changed.Count > limits.DocumentFields)
            {
                return new Fault(FaultCode.TooMany, "changes", $"An operation changes at most {limits.DocumentFields} fields.");
            }

            if (change is SetField or RemoveField)
            {
                if (plain.Add(change.Field)) continue;
                return new Fault(FaultCode.DuplicateField, $"changes[{i}].field",
                    $"The field \"{change.Field}\" is set or removed once in an operation.");
            }

            if (++repeatable > MaxRepeatableChanges)
            {
                return new Fault(FaultCode.TooMany, "changes",
                    $"An operation has at most {MaxRepeatableChanges} increments and element changes.");
            }
        }

        return null;
    }

    private static Fault? CheckChange(FieldChange change, Operation operation, Limits limits)
    {
        if (FormRules.CheckName(change.Field, limits) is { } name) return name.Within("field");
        if (CheckRange("counter", change.Counter, 0, operation.Counter) is { } counter) return counter;
        return change switch
        {
            SetField set => JsonRules.Check(set.Value.Utf8.Span, limits)?.Within("set"),
            IncrementField increment => CheckRange("increment", increment.Delta, -IncrementField.MaxDelta, IncrementField.MaxDelta),
            AddElement add => (CheckRange("index", add.Index, 0, int.MaxValue) ?? CheckElement(add.Element, add.Observed))?.Within("add"),
            RemoveElement remove => CheckElement(remove.Element, remove.Observed)?.Within("remove_element"),
            _ => null,
        };
    }

    private static Fault? CheckElement(SetElement element, ImmutableArray<ElementTag> observed)
    {
        if (FormRules.CheckElement(element) is { } fault) return fault.Within("element");
        if (observed.IsDefault) return null;
        if (observed.Length > MaxObservedTags)
        {
            return new Fault(FaultCode.TooMany, "observed", $"An element change lists at most {MaxObservedTags} tags.");
        }

        for (var i = 0; i < observed.Length; i++)
        {
            if (CheckTag(observed[i]) is { } tag) return tag.Within($"observed[{i}]");
        }

        return null;
    }

    private static Fault? CheckTag(ElementTag tag) => tag.Device.Value == Guid.Empty
        ? new Fault(FaultCode.InvalidUuid, "device_id", "A device id is a UUID other than zero.")
        : CheckRange("counter", tag.Counter, 1, long.MaxValue) ?? CheckRange("index", tag.Index, 0, int.MaxValue);

    private static Fault? CheckBefore(Operation operation, in NameSet changed, Limits limits)
    {
        if (operation.Before.IsEmpty) return null;
        if (operation.Before.Length > limits.DocumentFields)
        {
            return new Fault(FaultCode.TooMany, "before", $"An operation has at most {limits.DocumentFields} before images.");
        }

        var seen = default(NameSet);
        for (var i = 0; i < operation.Before.Length; i++)
        {
            var image = operation.Before[i];
            // A delete changes every field.
            var isChanged = operation.Kind == OperationKind.Delete || changed.Contains(image.Field);
            if (CheckImage(image, isChanged, ref seen, limits) is { } fault) return fault.Within($"before[{i}]");
        }

        return null;
    }

    private static Fault? CheckImage(BeforeImage image, bool isChanged, ref NameSet seen, Limits limits)
    {
        if (FormRules.CheckName(image.Field, limits) is { } name) return name.Within("field");
        if (!isChanged)
        {
            return new Fault(FaultCode.UnexpectedBeforeImage, "field", $"The field \"{image.Field}\" is not changed by the operation.");
        }

        if (!seen.Add(image.Field))
        {
            return new Fault(FaultCode.DuplicateField, "field", $"The field \"{image.Field}\" has one before image.");
        }

        return image.Value is { } value ? JsonRules.Check(value.Utf8.Span, limits)?.Within("value") : null;
    }

    private static Fault? CheckRange(string path, long value, long least, long most) => value >= least && value <= most
        ? null
        : new Fault(FaultCode.OutOfRange, path, $"The number is from {least} to {most}; this one is {value}.");
}
