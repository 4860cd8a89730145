using System.Text.Json.Nodes;
using OrleansSync.Chaos.Checking;
using OrleansSync.Chaos.History;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>
/// Something that devices do to entities of one type, with what the server must know of the type and the model that says
/// what comes of it. A new policy is a new kind, and a line in <see cref="Workloads"/>.
/// </summary>
internal abstract class WorkloadKind
{
    public abstract string Name { get; }

    /// <summary>The rules of its type, for the server's configuration and for the devices.</summary>
    public abstract EntitySchema Schema { get; }

    /// <summary>How often it is chosen, compared with the others.</summary>
    public virtual int Weight => 10;

    /// <summary>What was deleted is never made again.</summary>
    public virtual bool LivesOnce => true;

    /// <summary>What an entity of the type must be, from the journal alone.</summary>
    public virtual IValueModel Model => new FieldMergeModel();

    /// <summary>Whether the rules may refuse an operation of this type for such a reason; any other refusal loses a user's work.</summary>
    public virtual bool Expects(RejectionReason reason) => false;

    /// <summary>Counters are only incremented and their entities never deleted: nobody may see one fall.</summary>
    public virtual bool CountersOnlyRise => false;

    /// <summary>
    /// Another fact that must hold of all live documents of the type together, in the database at every sequence and in
    /// whatever an app sees; <c>null</c>: it holds.
    /// </summary>
    public virtual string? Breaks(IEnumerable<JsonObject> live) => null;

    /// <summary>Makes an entity with this field where the device sees none; <c>null</c>: it is there.</summary>
    protected async Task<WriteReceipt?> MakeAsync(SyncStore store, string id, string field, WriteDraft draft, CancellationToken cancellationToken)
    {
        var collection = store.Collection(Schema.Type);
        if (await collection.FindAsync(id, cancellationToken) is not null) return null;
        draft.Changes.Add(new Intention(Schema.Type, id, null) { Set = Registers.Json(field, draft.Mark) });
        return await collection.PutAsync(new SyncDocument(id, new JsonObject { [field] = draft.Mark }), cancellationToken);
    }

    /// <summary>One write; notes in the draft what it means to do, operation by operation.</summary>
    public abstract Task<WriteReceipt> WriteAsync(SyncStore store, WriteDraft draft, CancellationToken cancellationToken);
}

/// <summary>What a write draws from, and where it notes what it means.</summary>
/// <param name="Random">Of the device.</param>
/// <param name="Mark">Unique among all writes of the run: whoever reads it knows which write it saw.</param>
internal sealed record WriteDraft(Random Random, string Mark)
{
    public List<Intention> Changes { get; } = [];
}
