using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>Makes a device's backlog shorter before it is sent. Pure; nothing that was ever attempted may be given to it.</summary>
/// <remarks>
/// <para>
/// The equation. Let a and b follow each other on one entity and c be what they become. Then
/// <c>merge(merge(row, a), b) = merge(row, c)</c> in generation, deletedness, document stamp, fields with stamps, counters, sets,
/// last edit and last delete: for the local row, and for the server's where no other device's operation comes between what a's
/// device knew and b. Two cases are weaker. An update and a delete become the delete: equal wherever the delete takes effect, but for
/// what the tombstone hides. A create and a delete become nothing: equal but for the tombstone itself.
/// </para>
/// <para>
/// Create and update become the create, updates an update: with every change's own stamp, the first one's base, seen and
/// generation (what the device knew when it began), and the last one's id and counter. The counter must be the last one's, for the
/// last edit's stamp decides against deletes; the id goes with it, so that an id stands for one counter for good. An operation
/// that vanished has become part of the next one of the entity that is left.
/// </para>
/// <para>
/// Left as they are: an update with increments or set changes before a delete (they must not be lost when a concurrent edit revives
/// the entity), any update before a delete that an edit of its generation follows (somebody has revived it), increments whose sum leaves its bounds, operations of different generations or transactions, and what together
/// would be too large to send.
/// </para>
/// </remarks>
public static class Compaction
{
    /// <summary>Compacts operations of one entity that follow each other in the log.</summary>
    /// <param name="run">Never attempted, of one device and entity, by ascending counter.</param>
    /// <param name="madeHere">
    /// This device made the entity's id, so no other device can have made the entity: a create and its delete become nothing.
    /// </param>
    /// <param name="limits">What an operation may grow to.</param>
    /// <exception cref="ArgumentException">The operations are no such run.</exception>
    public static ImmutableArray<Operation> Compact(IReadOnlyList<Operation> run, bool madeHere, Limits limits)
    {
        var kept = new List<Operation>(run.Count);
        for (var i = 0; i < run.Count; i++)
        {
            if (i > 0) RequireSuccession(run[i - 1], run[i]);
            var next = i + 1 < run.Count ? run[i + 1] : null;
            if (run[i].Kind == OperationKind.Delete) PushDelete(kept, run[i], next, madeHere);
            else PushEdit(kept, run[i], limits);
        }

        return [.. kept];
    }

    /// <summary>Compacts a transaction, entity by entity, and numbers what is left of it anew. Empty: nothing is left.</summary>
    /// <param name="transaction">All operations of one transaction, never attempted, by ascending counter.</param>
    /// <param name="madeHere">Whether this device made the id of an entity.</param>
    /// <param name="limits">What an operation may grow to.</param>
    /// <exception cref="ArgumentException">The operations are not by ascending counter, or not of one transaction.</exception>
    public static ImmutableArray<Operation> CompactTransaction(
        IReadOnlyList<Operation> transaction, Func<EntityKey, bool> madeHere, Limits limits)
    {
        var kept = new List<Operation>(transaction.Count);
        foreach (var group in transaction.GroupBy(static operation => operation.Entity))
            kept.AddRange(Compact([.. group], madeHere(group.Key), limits));

        kept.Sort(static (left, right) => left.Counter.CompareTo(right.Counter));
        for (var i = 0; i < kept.Count; i++)
        {
            if (kept[i].Transaction is not { } member || member.Id != kept[0].Transaction?.Id)
                throw new ArgumentException($"Operation {kept[i].Id} is not of the same transaction.", nameof(transaction));
            kept[i] = kept[i] with { Transaction = member with { Index = i, Count = kept.Count } };
        }

        return [.. kept];
    }

    private static void PushDelete(List<Operation> kept, Operation delete, Operation? next, bool madeHere)
    {
        var last = kept.Count > 0 && BelongTogether(kept[^1], delete) ? kept[^1] : null;
        var isFinal = next is null || next.Generation != delete.Generation;
        if (last?.Kind == OperationKind.Create && madeHere && isFinal) kept.RemoveAt(kept.Count - 1);
        else if (last?.Kind == OperationKind.Update && HasOnlyPlainChanges(last) && isFinal) kept[^1] = delete;
        else kept.Add(delete);
    }

    private static void PushEdit(List<Operation> kept, Operation edit, Limits limits)
    {
        if (kept.Count > 0 && BelongTogether(kept[^1], edit) && TryFold(kept[^1], edit, limits) is { } folded) kept[^1] = folded;
        else kept.Add(edit);
    }

    private static bool BelongTogether(Operation first, Operation second) =>
        first.Kind != OperationKind.Delete
        && second.Kind != OperationKind.Create
        && first.Generation == second.Generation
        && first.Transaction?.Id == second.Transaction?.Id;

    private static bool HasOnlyPlainChanges(Operation operation)
    {
        foreach (var change in operation.Changes)
        {
            if (change is not (SetField or RemoveField)) return false;
        }

        return true;
    }

    private static Operation? TryFold(Operation first, Operation second, Limits limits)
    {
        var fold = new ChangeFold(first.Device);
        // K drops what is below it; of the device's own changes that is whatever came before the whole document.
        if (!fold.TryAdd(first, second.WholeDocumentCounter) || !fold.TryAdd(second, second.WholeDocumentCounter)) return null;

        var folded = first with
        {
            Id = second.Id,
            Counter = second.Counter,
            WholeDocumentCounter = Math.Max(first.WholeDocumentCounter, second.WholeDocumentCounter),
            Changes = fold.ToChanges(second.Counter),
            Before = FirstOfEachField(first.Before, second.Before),
        };
        // Alone it has to fit a batch; in a transaction the whole must not grow.
        var room = first.Transaction is null ? limits.BatchBytes : Size(first) + Size(second);
        return Size(folded) <= room ? folded : null;
    }

    private static int Size(Operation operation) => OperationEncoding.Encode(operation).Length;

    /// <summary>What the fields were before the first operation; the second's images of these are of the first's own making.</summary>
    private static ImmutableArray<BeforeImage> FirstOfEachField(ImmutableArray<BeforeImage> first, ImmutableArray<BeforeImage> second)
    {
        if (second.IsEmpty) return first;
        var fields = new HashSet<string>(StringComparer.Ordinal);
        var images = ImmutableArray.CreateBuilder<BeforeImage>(first.Length + second.Length);
        foreach (var image in first)
        {
            if (fields.Add(image.Field)) images.Add(image);
        }

        foreach (var image in second)
        {
            if (fields.Add(image.Field)) images.Add(image);
        }

        return images.DrainToImmutable();
    }

    private static void RequireSuccession(Operation first, Operation second)
    {
        if (first.Entity != second.Entity || first.Device != second.Device || first.Counter >= second.Counter)
            throw new ArgumentException($"Operation {second.Id} does not follow {first.Id} on its entity and device.", nameof(second));
    }
}
