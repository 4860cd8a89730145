using OrleansSync.Chaos.History;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>Sets that everybody adds to and removes from, the same few elements.</summary>
internal sealed class Labels : WorkloadKind
{
    private const string Tags = "tags";
    private const int Entities = 4;
    private const int Elements = 6;

    public override string Name => "sets";

    public override EntitySchema Schema { get; } = new EntitySchema("labels").Set(Tags);

    public override async Task<WriteReceipt> WriteAsync(SyncStore store, WriteDraft draft, CancellationToken cancellationToken)
    {
        var labels = store.Collection(Schema.Type);
        var id = $"label-{draft.Random.Next(Entities)}";
        var element = $"e{draft.Random.Next(Elements)}";
        if (await MakeAsync(store, id, "name", draft, cancellationToken) is { } made) return made;

        var removes = draft.Random.Chance(0.4);
        draft.Changes.Add(new Intention(Schema.Type, id, OperationKind.Update) { Set = Registers.Json("name", draft.Mark) });
        return await labels.PatchAsync(
            id,
            patch => _ = removes ? patch.Set("name", draft.Mark).RemoveElement(Tags, element) : patch.Set("name", draft.Mark).Add(Tags, element),
            cancellationToken);
    }
}
