namespace OrleansSync.Core;

/// <summary>Which kind of field a change is for. A field keeps its kind: a counter is never set, a plain field never counted.</summary>
internal static class FieldKinds
{
    public static FieldKind Of(FieldChange change) => change switch
    {
        IncrementField => FieldKind.Counter,
        AddElement or RemoveElement => FieldKind.Set,
        _ => FieldKind.Plain,
    };

    /// <summary>Whether every change is of the kind its field is declared as; undeclared types declare nothing.</summary>
    public static bool Fit(Operation operation, EntitySchema schema)
    {
        if (schema.InfersKinds) return true;
        foreach (var change in operation.Changes)
        {
            if (Of(change) != schema.KindOf(change.Field)) return false;
        }

        return true;
    }
}
