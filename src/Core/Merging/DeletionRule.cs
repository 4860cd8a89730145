namespace OrleansSync.Core;

/// <summary>Delete against edit, within one generation.</summary>
internal static class DeletionRule
{
    /// <summary>Whether the row is dead after an operation of its own generation.</summary>
    /// <param name="policy">The type's delete policy.</param>
    /// <param name="row">The row before the operation.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="lastEdit">The highest stamp of an edit, the operation's included.</param>
    /// <param name="lastDelete">The highest stamp of a delete, the operation's included.</param>
    public static bool IsDead(DeletePolicy policy, EntityRow row, Operation operation, Stamp lastEdit, Stamp lastDelete) => policy switch
    {
        DeletePolicy.DeleteWins => !lastDelete.IsNone,
        DeletePolicy.EditWins => operation.Kind == OperationKind.Delete && (row.Deleted || KnewAllEdits(row, operation)),
        _ => lastDelete > lastEdit,
    };

    /// <summary>No other device's edit is newer than what the deleting device knew; its own edits it knew.</summary>
    private static bool KnewAllEdits(EntityRow row, Operation delete) =>
        row.Edits.LatestOfOthers(delete.Device) <= ConcurrencyLabel.KnownUpTo(delete);
}
