namespace OrleansSync.Core;

/// <summary>Turns what server code wants changed into an operation on the row that is there.</summary>
internal static class DraftCompletion
{
    /// <param name="draft">With its counter.</param>
    /// <param name="row">What it meets; <c>null</c>: the entity is absent.</param>
    /// <param name="schema">Of the entity's type.</param>
    public static Operation Complete(Operation draft, EntityRow? row, EntitySchema schema)
    {
        if (draft.Kind == OperationKind.Delete) return draft with { Generation = ChangeDrafts.GenerationOf(row, draft.Kind) };

        var live = row is { Deleted: false } ? row : null;
        var kind = live is null ? OperationKind.Create : OperationKind.Update;
        var changes = draft.Kind == OperationKind.Create
            ? ChangeDrafts.Put(schema, live, draft.Changes)
            : ChangeDrafts.Patch(live, draft.Changes);
        var whole = schema.Policy == ConflictPolicy.LastWriterWins;
        return draft with
        {
            Kind = kind,
            Generation = ChangeDrafts.GenerationOf(row, kind),
            WholeDocumentCounter = whole ? draft.Counter : 0,
            Changes = whole ? ChangeDrafts.WholeDocument(live, changes) : changes,
            Before = ChangeDrafts.Before(schema, live, changes),
        };
    }
}
