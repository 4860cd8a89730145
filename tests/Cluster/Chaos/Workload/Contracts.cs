using OrleansSync.Chaos.History;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>A type whose conflicts persons resolve: every device writes, and decides now and then about whatever waits.</summary>
internal sealed class Contracts : WorkloadKind
{
    private const string Price = "price";
    private const string Signatures = "signatures";
    private const int Entities = 5;

    public override string Name => "decisions";

    public override EntitySchema Schema { get; } = new EntitySchema("contracts") { Policy = ConflictPolicy.Manual }.Counter(Signatures);

    /// <summary>Somebody else decided first, or changed what was decided on.</summary>
    public override bool Expects(RejectionReason reason) =>
        reason is RejectionReason.Conflict or RejectionReason.TransactionRejected or RejectionReason.PredecessorRejected;

    public override async Task<WriteReceipt> WriteAsync(SyncStore store, WriteDraft draft, CancellationToken cancellationToken)
    {
        var conflicts = await store.Conflicts.ListAsync(cancellationToken);
        if (conflicts.Count > 0 && draft.Random.Chance(0.5)) return await DecideAsync(store, draft.Random.Pick(conflicts), draft, cancellationToken);

        var id = $"contract-{draft.Random.Next(Entities)}";
        if (await MakeAsync(store, id, Price, draft, cancellationToken) is { } made) return made;

        draft.Changes.Add(new Intention(Schema.Type, id, OperationKind.Update)
        {
            Set = Registers.Json(Price, draft.Mark),
            Increment = new Dictionary<string, long> { [Signatures] = 1 },
        });
        return await store.Collection(Schema.Type).PatchAsync(id, patch => patch.Set(Price, draft.Mark).Increment(Signatures), cancellationToken);
    }

    // What a decision does again is said by what waits; only what is written anew is the app's to mean.
    private async Task<WriteReceipt> DecideAsync(SyncStore store, SyncConflict conflict, WriteDraft draft, CancellationToken cancellationToken)
    {
        var id = conflict.Entities[0].EntityId;
        switch (draft.Random.Next(3))
        {
            case 0: return await conflict.KeepTheirsAsync(cancellationToken);
            case 1: return await conflict.KeepMineAsync(cancellationToken);
            default:
                return await conflict.ResolveAsync(
                    tx => tx.Patch(store.Collection(Schema.Type), id, patch => patch.Set(Price, draft.Mark)), cancellationToken);
        }
    }
}
