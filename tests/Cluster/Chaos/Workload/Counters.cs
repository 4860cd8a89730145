using OrleansSync.Chaos.History;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>Increments of counters that everybody increments: each must count once.</summary>
internal sealed class Counters : WorkloadKind
{
    public const string Field = "count";

    private const int Entities = 4;
    private const int LargestIncrement = 9;

    public override string Name => "counters";

    public override EntitySchema Schema { get; } = new EntitySchema("tallies").Counter(Field);

    public override bool CountersOnlyRise => true;

    public override async Task<WriteReceipt> WriteAsync(SyncStore store, WriteDraft draft, CancellationToken cancellationToken)
    {
        var tallies = store.Collection(Schema.Type);
        var id = $"tally-{draft.Random.Next(Entities)}";
        if (await MakeAsync(store, id, "name", draft, cancellationToken) is { } made) return made;

        // Upwards alone, so that no device may ever see one fall.
        var delta = draft.Random.Next(1, LargestIncrement + 1);
        draft.Changes.Add(new Intention(Schema.Type, id, OperationKind.Update) { Increment = new Dictionary<string, long> { [Field] = delta } });
        return await tallies.PatchAsync(id, patch => patch.Increment(Field, delta), cancellationToken);
    }
}
