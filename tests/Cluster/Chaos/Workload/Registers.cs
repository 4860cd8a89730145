using System.Text.Json.Nodes;
using OrleansSync.Chaos.History;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>Plain fields of a few entities that everybody writes: made once, never deleted.</summary>
internal sealed class Registers : WorkloadKind
{
    private const int Entities = 10;

    private static readonly string[] Fields = ["title", "body", "place"];

    public override string Name => "registers";

    public override EntitySchema Schema { get; } = new("notes");

    public override async Task<WriteReceipt> WriteAsync(SyncStore store, WriteDraft draft, CancellationToken cancellationToken)
    {
        var notes = store.Collection(Schema.Type);
        var id = $"note-{draft.Random.Next(Entities)}";
        var field = draft.Random.Pick(Fields);
        var known = await notes.FindAsync(id, cancellationToken) is not null;
        draft.Changes.Add(new Intention(Schema.Type, id, null) { Set = Json(field, draft.Mark) });
        return known
            ? await notes.PatchAsync(id, patch => patch.Set(field, draft.Mark), cancellationToken)
            : await notes.PutAsync(new SyncDocument(id, new JsonObject { [field] = draft.Mark }), cancellationToken);
    }

    /// <summary>A field with the mark of a write.</summary>
    public static Dictionary<string, string> Json(string field, string mark) => new() { [field] = $"\"{mark}\"" };
}
