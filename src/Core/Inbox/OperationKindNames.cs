namespace OrleansSync.Core;

/// <summary>The kinds of operations as people and other programs read them.</summary>
public static class OperationKindNames
{
    /// <summary>"create", "update" or "delete".</summary>
    public static string Of(OperationKind kind) => kind switch
    {
        OperationKind.Create => "create",
        OperationKind.Update => "update",
        _ => "delete",
    };

    /// <summary>The kind of a name.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static OperationKind Read(string? name) => name switch
    {
        "create" => OperationKind.Create,
        "update" => OperationKind.Update,
        "delete" => OperationKind.Delete,
        _ => throw new FormatException($"'{name}' is no kind of operation."),
    };
}
