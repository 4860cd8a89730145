using OrleansSync.Chaos.History;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>Documents that count as a whole: the last writer's stands, with fields that it did not change.</summary>
internal sealed class Letters : WorkloadKind
{
    private const int Entities = 5;

    private static readonly string[] Fields = ["to", "text"];

    public override string Name => "whole documents";

    public override EntitySchema Schema { get; } = new("letters") { Policy = ConflictPolicy.LastWriterWins };

    public override async Task<WriteReceipt> WriteAsync(SyncStore store, WriteDraft draft, CancellationToken cancellationToken)
    {
        var id = $"letter-{draft.Random.Next(Entities)}";
        var field = draft.Random.Pick(Fields);
        if (await MakeAsync(store, id, field, draft, cancellationToken) is { } made) return made;

        draft.Changes.Add(new Intention(Schema.Type, id, null) { Set = Registers.Json(field, draft.Mark) });
        return await store.Collection(Schema.Type).PatchAsync(id, patch => patch.Set(field, draft.Mark), cancellationToken);
    }
}
