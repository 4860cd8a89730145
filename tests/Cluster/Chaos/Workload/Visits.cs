using OrleansSync.Chaos.History;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>
/// Entities that are made once, changed by whoever sees them, and deleted for good: tombstones to purge. Who was away for longer than they
/// are kept has its late changes refused.
/// </summary>
internal sealed class Visits : WorkloadKind
{
    private const int Living = 8;

    public override string Name => "entities that come and go";

    public override EntitySchema Schema { get; } = new("visits");

    public override bool Expects(RejectionReason reason) => reason is RejectionReason.EntityGone or RejectionReason.PredecessorRejected;

    public override async Task<WriteReceipt> WriteAsync(SyncStore store, WriteDraft draft, CancellationToken cancellationToken)
    {
        var visits = store.Collection(Schema.Type);
        var seen = await visits.ScanAsync(cancellationToken: cancellationToken).ToListAsync(cancellationToken);
        if (seen.Count < draft.Random.Next(Living) + 1)
            return (await MakeAsync(store, $"visit-{draft.Mark}", "name", draft, cancellationToken))!;

        var id = draft.Random.Pick(seen).Id;
        if (draft.Random.Chance(0.4))
        {
            draft.Changes.Add(new Intention(Schema.Type, id, OperationKind.Delete));
            return await visits.DeleteAsync(id, cancellationToken);
        }

        draft.Changes.Add(new Intention(Schema.Type, id, OperationKind.Update) { Set = Registers.Json("name", draft.Mark) });
        return await visits.PatchAsync(id, patch => patch.Set("name", draft.Mark), cancellationToken);
    }
}
