using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking;

/// <summary>
/// Which generation of its entity each operation belongs to. An operation of a device that had the row names it; a blind
/// one counts from the last generation that had begun where its device's cursor was.
/// </summary>
internal sealed class Generations
{
    private readonly Dictionary<Guid, long> _of = [];
    private readonly List<long> _births = [];

    /// <param name="accepted">One entity's operations, commit after commit.</param>
    public Generations(IEnumerable<(JournalRow Row, Operation Operation)> accepted)
    {
        foreach (var (row, operation) in accepted)
        {
            // What an absent entity was not yet there for changed nothing.
            if (_births.Count == 0 && operation.Kind != OperationKind.Create) continue;
            var generation = Count(operation);
            _of[row.Operation] = generation;
            if (operation.Kind == OperationKind.Create && generation == _births.Count + 1) _births.Add(row.Sequence);
        }
    }

    /// <summary>How many there were; the last one is the row's.</summary>
    public int Last => _births.Count;

    /// <summary>0: it changed nothing, because the entity was absent.</summary>
    public long Of(Guid operation) => _of.GetValueOrDefault(operation);

    private long Count(Operation operation) =>
        operation.Base > 0 ? operation.Generation : operation.Generation + _births.Count(birth => birth <= operation.Seen);
}
