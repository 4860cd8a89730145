using System.Diagnostics.CodeAnalysis;
using OrleansSync.Core;

namespace OrleansSync.Grains.Users;

/// <summary>What leaves a round pulls after it; each transaction and each entity of a device is looked through once.</summary>
internal sealed class Spread(Round round)
{
    private readonly Queue<RoundOperation> _next = new();
    private readonly HashSet<CommitUnit> _units = [];
    private readonly Dictionary<(object Writer, EntityKey Entity), PendingOperation> _earliest = [];

    /// <summary>The entities whose staged rows hold something that has left.</summary>
    public HashSet<EntityKey> Affected { get; } = [];

    public void Add(RoundOperation operation)
    {
        if (operation.WasAccepted) Affected.Add(operation.Entity);
        _next.Enqueue(operation);
    }

    public bool TryNext([NotNullWhen(true)] out RoundOperation? operation) => _next.TryDequeue(out operation);

    /// <summary>The transaction's operations in the round; none the second time.</summary>
    public IEnumerable<RoundOperation> MembersOf(CommitUnit unit) => _units.Add(unit) ? round.MembersOf(unit) : [];

    /// <summary>False: an earlier operation of this writer on the entity has been here, and what follows with it.</summary>
    public bool IsFirst(PendingOperation operation, object writer)
    {
        var key = (writer, operation.Entity);
        if (_earliest.TryGetValue(key, out var earliest) && operation.IsAfter(earliest)) return false;
        _earliest[key] = operation;
        return true;
    }
}
