using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking;

/// <summary>
/// What an entity must be, computed from what was accepted by the rules as DESIGN states them: an oracle that shares no
/// code with the merge, and for which the order of arrival does not count where the rules say that it does not.
/// </summary>
internal interface IValueModel
{
    /// <summary>How the row differs from what it must be; empty: not at all.</summary>
    /// <param name="accepted">The entity's operations that were not refused, commit after commit.</param>
    /// <param name="row">The row of the database.</param>
    IEnumerable<Violation> Compare(IReadOnlyList<(JournalRow Row, Operation Operation)> accepted, EntityRow? row);
}
