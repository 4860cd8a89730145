using OrleansSync.Chaos.History;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>Entities that are made, changed, deleted and made again, while other devices do the same.</summary>
internal sealed class Lives : WorkloadKind
{
    private const string NameField = "name";
    private const string Uses = "uses";
    private const int Entities = 6;

    public override string Name => "deletes and re-creations";

    public override bool LivesOnce => false;

    public override EntitySchema Schema { get; } = new EntitySchema("tools").Counter(Uses);

    public override async Task<WriteReceipt> WriteAsync(SyncStore store, WriteDraft draft, CancellationToken cancellationToken)
    {
        var tools = store.Collection(Schema.Type);
        var id = $"tool-{draft.Random.Next(Entities)}";
        if (await MakeAsync(store, id, NameField, draft, cancellationToken) is { } made) return made;

        if (draft.Random.Chance(0.3))
        {
            draft.Changes.Add(new Intention(Schema.Type, id, OperationKind.Delete));
            return await tools.DeleteAsync(id, cancellationToken);
        }

        draft.Changes.Add(new Intention(Schema.Type, id, OperationKind.Update)
        {
            Set = Registers.Json(NameField, draft.Mark),
            Increment = new Dictionary<string, long> { [Uses] = 1 },
        });
        return await tools.PatchAsync(id, patch => patch.Set(NameField, draft.Mark).Increment(Uses, 1), cancellationToken);
    }
}
