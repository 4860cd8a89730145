using OrleansSync.Chaos.History;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>A strict type: what meets a concurrent change is refused, and what its device wrote after it with it.</summary>
internal sealed class Payments : WorkloadKind
{
    private const string Cents = "cents";
    private const string State = "state";
    private const int Entities = 6;

    public override string Name => "strict";

    public override EntitySchema Schema { get; } = new EntitySchema("payments") { Policy = ConflictPolicy.Reject }.Counter(Cents);

    public override bool Expects(RejectionReason reason) => reason is RejectionReason.Conflict or RejectionReason.PredecessorRejected;

    public override async Task<WriteReceipt> WriteAsync(SyncStore store, WriteDraft draft, CancellationToken cancellationToken)
    {
        var payments = store.Collection(Schema.Type);
        var id = $"payment-{draft.Random.Next(Entities)}";
        if (await MakeAsync(store, id, State, draft, cancellationToken) is { } made) return made;

        draft.Changes.Add(new Intention(Schema.Type, id, OperationKind.Update)
        {
            Set = Registers.Json(State, draft.Mark),
            Increment = new Dictionary<string, long> { [Cents] = 1 },
        });
        return await payments.PatchAsync(id, patch => patch.Set(State, draft.Mark).Increment(Cents), cancellationToken);
    }
}
