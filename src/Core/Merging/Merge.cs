using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>
/// The exact rules by which an operation meets a row. Pure: the same on the server and on every device. For the stamp, counter
/// and set policies the value does not depend on the order in which operations that did not see each other arrive.
/// </summary>
/// <remarks>
/// A device that shows its own pending operations over a server row merges them with <see cref="MergeContext.Sequence"/>
/// <see cref="long.MaxValue"/>, so that what they open lies above everything that was seen.
/// </remarks>
public static class Merge
{
    /// <summary>Merges one operation into a row; <c>null</c>: the entity is absent.</summary>
    /// <returns>
    /// The row to commit: the given reference where the operation left it untouched, a row with the new sequence otherwise, even
    /// where nothing visible changed.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The type's policy is <see cref="ConflictPolicy.Custom"/>: a resolver decides what is merged, before it comes here.
    /// </exception>
    public static MergeResult Apply(EntityRow? row, Operation operation, MergeContext context)
    {
        if (context.Schema.Policy == ConflictPolicy.Custom)
            throw new ArgumentException($"Type '{operation.Entity.Type}' has a custom resolver; its operations are not merged by rule.", nameof(context));

        var concurrent = row is not null && ConcurrencyLabel.IsConcurrent(row, operation);
        if (!FieldKinds.Fit(operation, context.Schema)) return Refuse(row, RejectionReason.FieldKindMismatch, concurrent);
        // A question is settled once: what was decided on it together with a second settlement must not take effect.
        if (operation is { Kind: OperationKind.Delete, Entity.Type: ParkedOperation.Type } && row is not { Deleted: false })
            return Refuse(row, RejectionReason.Conflict, concurrent);
        return row is null ? OnAbsent(operation, context) : OnRow(row, operation, context, concurrent);
    }

    /// <summary>A live row with these plain fields set, or removed (<c>null</c>), whatever their stamps: what a resolver decided in commit order.</summary>
    /// <returns><c>null</c>: the document would pass its limits.</returns>
    /// <exception cref="ArgumentException">The row is deleted, a field is a counter or a set, or a name or value is not valid.</exception>
    public static EntityRow? Overwrite(EntityRow row, Stamp stamp, IEnumerable<(string Field, JsonValue? Value)> fields, Limits limits)
    {
        if (row.Deleted) throw new ArgumentException("A deleted document has no fields to set.", nameof(row));
        var merged = row.Fields.ToDictionary(static field => field.Name, StringComparer.Ordinal);
        foreach (var (name, value) in fields)
        {
            if ((FormRules.CheckName(name, limits) ?? (value is { } json ? JsonRules.Check(json.Utf8.Span, limits) : null)) is { } fault)
                throw new ArgumentException($"The field '{name}' is not valid: {fault.Message}", nameof(fields));
            var held = merged.GetValueOrDefault(name);
            if (held is not (null or PlainField)) throw new ArgumentException($"'{name}' is a counter or a set, which are not set.", nameof(fields));
            merged[name] = new PlainField(name, held is PlainField plain ? Stamp.Max(plain.Stamp, stamp) : stamp, value);
        }

        ImmutableArray<Field> result = [.. merged.Values.OrderBy(static field => field.Name, StringComparer.Ordinal)];
        return DocumentSize.Outgrows(row.Fields, result, limits) ? null : row with { Fields = result };
    }

    private static MergeResult OnAbsent(Operation operation, MergeContext context) => operation.Kind switch
    {
        OperationKind.Create => Open(null, operation, operation.Generation, context, concurrent: false),
        _ when context.Lost.Contains(operation.Base) => Touch(LostRow(null, operation, context), operation, context, concurrent: false),
        // What it wanted gone is gone.
        OperationKind.Delete => Supersede(null, concurrent: false),
        _ => Refuse(null, operation.Base > 0 ? RejectionReason.EntityGone : RejectionReason.PredecessorRejected, concurrent: false),
    };

    private static MergeResult OnRow(EntityRow row, Operation operation, MergeContext context, bool concurrent)
    {
        // The row that the device knew was purged, and somebody made the entity anew; or it was lost, and its maker has brought it back.
        var isLost = context.Lost.Contains(operation.Base);
        if (operation.Base > 0 && operation.Base < row.Birth && !isLost) return Refuse(row, RejectionReason.EntityGone, concurrent);

        // Before generations: a strict policy never lets a concurrent operation pass as merely superseded.
        if (concurrent && context.Schema.Policy == ConflictPolicy.Reject) return Refuse(row, RejectionReason.Conflict, concurrent);
        if (concurrent && context.Schema.Policy == ConflictPolicy.Manual)
            return new MergeResult(row, OutcomeKind.Parked, RejectionReason.None, concurrent);

        var generation = GenerationRule.Effective(row, operation);
        if (generation < row.Generation) return Supersede(row, concurrent);
        if (generation == row.Generation) return Touch(row, operation, context, concurrent);
        if (isLost && operation.Kind != OperationKind.Create) return Touch(LostRow(row, operation, context), operation, context, concurrent);
        if ((generation > row.Generation + 1L && !isLost) || generation > int.MaxValue)
            return Refuse(row, RejectionReason.GenerationInvalid, concurrent);

        return operation.Kind switch
        {
            OperationKind.Create => Open(row, operation, (int)generation, context, concurrent),
            OperationKind.Delete => Supersede(row, concurrent),
            // The create that should have opened the generation never arrived.
            _ => Refuse(row, RejectionReason.PredecessorRejected, concurrent),
        };
    }

    /// <summary>A create begins a generation: nothing of an earlier one stays, counters and sets included.</summary>
    private static MergeResult Open(EntityRow? row, Operation operation, int generation, MergeContext context, bool concurrent)
    {
        var document = new DocumentMerge([], default, operation);
        if (!document.TryApply()) return Refuse(row, RejectionReason.FieldKindMismatch, concurrent);

        var fields = document.ToFields();
        if (DocumentSize.Outgrows([], fields, context.Limits)) return Refuse(row, RejectionReason.DocumentTooLarge, concurrent);

        var opened = new EntityRow
        {
            Key = operation.Entity,
            Sequence = context.Sequence,
            Generation = generation,
            DocumentStamp = document.DocumentStamp,
            LastEdit = operation.Stamp,
            Birth = row?.Birth ?? GenerationRule.BirthOnAbsent(operation, context),
            Births = GenerationRule.BirthsWith(row, context.Sequence),
            Fields = fields,
            Changes = (row?.Changes ?? default).With(operation.Device, context.Sequence),
            // Anew: an edit of an earlier generation counts or not depending on whether it came before this create.
            Edits = default(DevicePair).With(operation.Device, context.Sequence),
        };
        return new MergeResult(opened, concurrent ? OutcomeKind.Merged : OutcomeKind.Applied, RejectionReason.None, concurrent);
    }

    /// <summary>
    /// What stands for the row that an operation was written over and that is lost, with the life of the entity that it was of: without fields. Who
    /// made it may still bring them, before or after this operation: they merge into it.
    /// </summary>
    private static EntityRow LostRow(EntityRow? row, Operation operation, MergeContext context) => new()
    {
        Key = operation.Entity,
        Sequence = context.Sequence,
        Generation = operation.Generation,
        Birth = row?.Birth ?? context.Sequence,
        Births = GenerationRule.BirthsWith(row, context.Sequence),
        Changes = row?.Changes ?? default,
    };

    /// <summary>An operation of the row's own generation.</summary>
    private static MergeResult Touch(EntityRow row, Operation operation, MergeContext context, bool concurrent)
    {
        var isDelete = operation.Kind == OperationKind.Delete;
        var document = new DocumentMerge(row.Fields, row.DocumentStamp, operation);
        if (!isDelete && !document.TryApply()) return Refuse(row, RejectionReason.FieldKindMismatch, concurrent);

        var fields = document.ToFields();
        if (DocumentSize.Outgrows(row.Fields, fields, context.Limits)) return Refuse(row, RejectionReason.DocumentTooLarge, concurrent);

        var lastEdit = isDelete ? row.LastEdit : Stamp.Max(row.LastEdit, operation.Stamp);
        var lastDelete = isDelete ? Stamp.Max(row.LastDelete, operation.Stamp) : row.LastDelete;
        var dead = DeletionRule.IsDead(context.Schema.OnDelete, row, operation, lastEdit, lastDelete);
        var touched = row with
        {
            Sequence = context.Sequence,
            Deleted = dead,
            DeletedAt = !dead ? 0 : row.Deleted ? row.DeletedAt : context.CommittedAt,
            DocumentStamp = document.DocumentStamp,
            LastEdit = lastEdit,
            LastDelete = lastDelete,
            Fields = fields,
            Changes = row.Changes.With(operation.Device, context.Sequence),
            Edits = isDelete ? row.Edits : row.Edits.With(operation.Device, context.Sequence),
        };

        var effect = isDelete ? dead : !dead && (document.TookEffect || row.Deleted);
        var kind = !effect ? OutcomeKind.Superseded : concurrent ? OutcomeKind.Merged : OutcomeKind.Applied;
        return new MergeResult(touched, kind, RejectionReason.None, concurrent);
    }

    private static MergeResult Supersede(EntityRow? row, bool concurrent) =>
        new(row, OutcomeKind.Superseded, RejectionReason.None, concurrent);

    private static MergeResult Refuse(EntityRow? row, RejectionReason reason, bool concurrent) =>
        new(row, OutcomeKind.Rejected, reason, concurrent);
}
