using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>
/// Finds operations that are repetitions: of one under way, or of one in the journal. The journal is asked only for those
/// that can be in it, or for all once there is reason to doubt what is known.
/// </summary>
internal sealed class Deduplication(ISyncStore store, ScopeId scope, LogState state)
{
    private readonly Dictionary<OperationId, PendingOperation> _underWay = [];

    /// <summary>A batch leaves the queue: its operations are new, or share the outcome of the one that came first.</summary>
    public void Admit(PendingBatch batch)
    {
        if (IsReusedKey(batch))
        {
            foreach (var operation in batch.Operations) operation.IsReused = true;
            return;
        }

        foreach (var operation in batch.Operations)
        {
            if (_underWay.TryAdd(operation.Operation.Id, operation)) continue;
            var original = _underWay[operation.Operation.Id];
            if (original.Batch.Device == batch.Device && original.ContentHash == operation.ContentHash)
            {
                operation.Original = original;
                original.AddDuplicate(operation);
            }
            else
            {
                operation.IsReused = true;
            }
        }
    }

    /// <summary>The operation has its outcome, or its batch was given up.</summary>
    public void Forget(PendingOperation operation)
    {
        if (_underWay.TryGetValue(operation.Operation.Id, out var known) && known == operation) _underWay.Remove(operation.Operation.Id);
    }

    /// <summary>The outcomes that fresh operations already have, from the journal or because it is too late to tell.</summary>
    public async Task<List<(PendingOperation Operation, Outcome Outcome)>> FindKnownAsync(IEnumerable<CommitUnit> units, bool askForAll)
    {
        var asked = CommitUnit.OperationsOf(units)
            .Where(operation => operation.IsFresh && (askForAll || MayBeInJournal(operation)))
            .ToDictionary(static operation => operation.Operation.Id);
        var known = new List<(PendingOperation, Outcome)>();
        if (asked.Count == 0) return known;
        foreach (var entry in await store.FindOperationsAsync(scope, asked.Keys, CancellationToken.None))
        {
            asked.Remove(entry.Operation, out var operation);
            var same = entry.Device == operation!.Batch.Device && entry.ContentHash == operation.ContentHash;
            known.Add((operation, same
                ? new Outcome(entry.Operation, entry.Outcome, entry.Sequence, entry.Reason)
                : Refusal(operation, RejectionReason.OperationReused)));
        }

        // A write with a key that is known has no operation of its own, however many it brings.
        var reused = known.Where(static one => one.Item1.Batch.IsWrite && one.Item2.Reason == RejectionReason.OperationReused)
            .Select(static one => one.Item1.Batch).ToHashSet();
        known.AddRange(asked.Values.Where(operation => reused.Contains(operation.Batch))
            .Select(static operation => (operation, Refusal(operation, RejectionReason.OperationReused))));
        foreach (var operation in asked.Values.Where(IsOlderThanJournal))
        {
            known.Add((operation, Refusal(operation, RejectionReason.StaleReplay)));
        }

        return known;
    }

    /// <summary>A refusal that holds without a journal row: repeating the operation leads to it again.</summary>
    public static Outcome Refusal(PendingOperation operation, RejectionReason reason) =>
        new(operation.Operation.Id, OutcomeKind.Rejected, 0, reason);

    // The ids of a write come from its key alone, so the first one tells.
    private bool IsReusedKey(PendingBatch batch) => batch.IsWrite
        && _underWay.TryGetValue(batch.Operations[0].Operation.Id, out var first)
        && (!first.Batch.IsWrite || first.ContentHash != batch.Operations[0].ContentHash);

    // The counter of a draft is given when it is placed, so it tells nothing of repetitions.
    private bool MayBeInJournal(PendingOperation operation) =>
        operation.Draft is not null
        || state.Find(operation.Batch.Device) is not { } device
        || operation.Operation.Counter <= device.Counter
        || IsOlderThanJournal(operation);

    private bool IsOlderThanJournal(PendingOperation operation) =>
        operation.Draft is null && state.Find(operation.Batch.Device) is { } device && operation.Operation.Counter < device.DoneBelow;
}
