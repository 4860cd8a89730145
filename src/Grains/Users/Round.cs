using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Users;

/// <summary>
/// Operations on their way to one commit, by entity and in timestamp order, and what is no longer part of it: the refused
/// (a set that only grows) and those that wait for the next round.
/// </summary>
internal sealed class Round
{
    private readonly Dictionary<EntityKey, List<RoundOperation>> _entities;
    private readonly Dictionary<PendingOperation, RoundOperation> _operations;
    private readonly List<RoundOperation> _arrivals;

    public Round(IReadOnlyList<CommitUnit> units, long startedAt)
    {
        StartedAt = startedAt;
        // Most units are one operation.
        (_entities, _operations, _arrivals, Replies) = (new(units.Count), new(units.Count), new(units.Count), new(units.Count));
        foreach (var unit in units)
        {
            for (var i = 0; i < unit.Operations.Count; i++)
            {
                var pending = unit.Operations[i];
                if (!pending.IsFresh) continue;
                var operation = new RoundOperation(pending, unit, _arrivals.Count);
                _operations.Add(pending, operation);
                _arrivals.Add(operation);
                if (!_entities.TryGetValue(pending.Entity, out var list)) _entities.Add(pending.Entity, list = new(1));
                list.Add(operation);
            }
        }

        foreach (var list in _entities.Values) list.Sort(RoundOperation.ByTimestamp);
    }

    /// <summary>Server time, milliseconds since 1970 UTC.</summary>
    public long StartedAt { get; }

    /// <summary>In the order of arrival.</summary>
    public IReadOnlyList<RoundOperation> Operations => _arrivals;

    public IEnumerable<EntityKey> Entities => _entities.Keys;

    /// <summary>The last answer of each entity that was called.</summary>
    public Dictionary<EntityKey, MergeReply> Replies { get; }

    /// <summary>The last attempt in which each entity was called.</summary>
    public Dictionary<EntityKey, int> Attempts { get; } = [];

    public bool IsEmpty => _arrivals.Count == 0;

    /// <summary>What remains of the round for an entity, in timestamp order.</summary>
    public List<RoundOperation> ActiveOn(EntityKey entity)
    {
        var all = _entities[entity];
        return all.TrueForAll(static operation => operation.IsActive) ? all : all.FindAll(static operation => operation.IsActive);
    }

    /// <summary>Keeps what an entity said of the operations that are active on it.</summary>
    public void Take(EntityKey entity, MergeReply reply)
    {
        Replies[entity] = reply;
        var i = 0;
        foreach (var operation in ActiveOn(entity)) operation.Merged = reply.Operations[i++];
    }

    /// <summary>
    /// Takes operations out for good: the rest of each one's transaction, and in its batch what follows on its entity, and
    /// so on. Returns the entities that had merged one of them and must be called again.
    /// </summary>
    public HashSet<EntityKey> Refuse(IEnumerable<(RoundOperation Operation, RejectionReason Reason)> refused)
    {
        var spread = new Spread(this);
        foreach (var (operation, reason) in refused) Exclude(operation, reason);
        while (spread.TryNext(out var operation))
        {
            foreach (var member in spread.MembersOf(operation.Unit)) Exclude(member, RejectionReason.TransactionRejected);
            foreach (var holder in operation.Pending.Duplicates.Prepend(operation.Pending))
            {
                if (!spread.IsFirst(holder, holder.Batch)) continue;
                foreach (var follower in FollowersOf(holder)) Exclude(follower, RejectionReason.PredecessorRejected);
            }
        }

        return spread.Affected;

        void Exclude(RoundOperation operation, RejectionReason reason)
        {
            if (!operation.IsActive) return;
            operation.Refusal = reason;
            spread.Add(operation);
        }
    }

    /// <summary>What would leave if these were refused; nothing does yet.</summary>
    public HashSet<RoundOperation> LeavingWith(IEnumerable<(RoundOperation Operation, RejectionReason Reason)> refused) =>
        Try(() => Refuse(refused), static operation => operation.Refusal = RejectionReason.None);

    /// <summary>What would leave if these were parked; nothing does yet.</summary>
    public HashSet<RoundOperation> LeavingWith(IReadOnlyCollection<RoundOperation> parked) =>
        Try(() => Park(parked), static operation => operation.IsParked = false);

    /// <summary>What its entity had merged before it came to this operation, but for the operation's own transaction.</summary>
    public IEnumerable<RoundOperation> AcceptedBefore(RoundOperation operation) => _entities[operation.Entity]
        .TakeWhile(other => other != operation)
        .Where(other => other.WasAccepted && other.Unit != operation.Unit);

    /// <summary>What follows a refused operation of its batch on its entity is refused with it.</summary>
    public void RefuseFollowersOf(PendingOperation refused) =>
        Refuse(FollowersOf(refused).Select(static follower => (follower, RejectionReason.PredecessorRejected)));

    /// <summary>
    /// Leaves operations for the next round: each with its transaction and, so that its device's order on an entity holds,
    /// with what the device has after it on that entity, and so on. Returns the entities to call again.
    /// </summary>
    public HashSet<EntityKey> Defer(IEnumerable<RoundOperation> operations) =>
        Leave(operations, static operation => operation.IsDeferred = true);

    /// <summary>
    /// Sends operations to the conflict inbox: each with its transaction and with what its device has after it on that entity, and so on.
    /// What settles conflicts never goes there. Returns the entities to call again.
    /// </summary>
    public HashSet<EntityKey> Park(IEnumerable<RoundOperation> operations) =>
        Leave(operations, static operation => operation.IsParked = !operation.Unit.IsResolution);

    private HashSet<EntityKey> Leave(IEnumerable<RoundOperation> operations, Action<RoundOperation> mark)
    {
        var spread = new Spread(this);
        foreach (var operation in operations) Take(operation);
        while (spread.TryNext(out var operation))
        {
            foreach (var member in spread.MembersOf(operation.Unit)) Take(member);
            var device = operation.Pending.Batch.Device;
            if (!spread.IsFirst(operation.Pending, device)) continue;
            foreach (var later in _entities[operation.Entity])
            {
                if (later.Pending.Batch.Device == device && RoundOperation.ByTimestamp(later, operation) > 0) Take(later);
            }
        }

        return spread.Affected;

        void Take(RoundOperation operation)
        {
            if (!operation.IsActive) return;
            mark(operation);
            if (!operation.IsActive) spread.Add(operation);
        }
    }

    private HashSet<RoundOperation> Try(Action leave, Action<RoundOperation> undo)
    {
        RoundOperation[] active = [.. _arrivals.Where(static operation => operation.IsActive)];
        leave();
        HashSet<RoundOperation> leaving = [.. active.Where(static operation => !operation.IsActive)];
        foreach (var operation in leaving) undo(operation);
        return leaving;
    }

    /// <summary>A pending operation's part in it.</summary>
    public RoundOperation Find(PendingOperation pending) => _operations[pending];

    public IEnumerable<RoundOperation> MembersOf(CommitUnit unit)
    {
        foreach (var member in unit.Operations)
        {
            if (_operations.TryGetValue(member, out var operation)) yield return operation;
        }
    }

    private IEnumerable<RoundOperation> FollowersOf(PendingOperation pending) =>
        _entities.TryGetValue(pending.Entity, out var list)
            ? list.Where(other => other.Pending.Batch == pending.Batch && other.Pending.IsAfter(pending))
            : [];
}
