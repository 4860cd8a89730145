using OrleansSync.Core;

namespace OrleansSync.Grains.Users;

/// <summary>
/// Places the writes of a round on the committed rows. An entity that a write is about is touched by nothing of a device in that
/// round: what the write saw would not be what it meets.
/// </summary>
internal sealed class WritePlacement(ChangeLogContext context, LogState state)
{
    /// <param name="units">What is under way, in order, a write among it.</param>
    /// <param name="now">Server time, milliseconds since 1970 UTC.</param>
    /// <returns>What can be in the round, and which of it is refused; the rest waits for the next round.</returns>
    /// <exception cref="Storage.StoreUnavailableException">The store does not answer; nothing was committed.</exception>
    public async Task<(CommitUnit[] Round, IReadOnlyList<(PendingOperation Operation, RejectionReason Reason)> Refused)> PlaceAsync(
        CommitUnit[] units, long now)
    {
        var round = Apart(units);
        CommitUnit[] writes = [.. round.Where(static unit => unit is { IsWrite: true, Unstorable: false, IsTorn: false })];
        var operations = CommitUnit.OperationsOf(writes);
        EntityKey[] entities = [.. operations.Select(static operation => operation.Entity).Distinct()];
        var rows = (await context.Store.LoadAsync(context.Scope, entities, CancellationToken.None)).ToDictionary(static row => row.Key);
        var placement = new DraftPlacement(context.Schema, context.Options.Limits, new(state.Head, state.Clock, now), rows, context.Resolvers.Apply);
        var refused = new List<(PendingOperation, RejectionReason)>();
        foreach (var unit in writes)
        {
            var placed = placement.Place([.. unit.Operations.Select(static operation => operation.Draft!)]);
            for (var i = 0; i < placed.Operations.Length; i++) unit.Operations[i].Place(placed.Operations[i]);
            if (placed.Refused >= 0) refused.Add((unit.Operations[placed.Refused], placed.Reason));
        }

        return (round, refused);
    }

    // In order, so what waits comes first the next time, and a busy entity keeps nobody waiting for long. What waits holds up
    // whatever else there is on its entities, so that the order of each device on each of them stays.
    private static CommitUnit[] Apart(CommitUnit[] units)
    {
        var byWrites = new HashSet<EntityKey>();
        var byDevices = new HashSet<EntityKey>();
        var waiting = new HashSet<EntityKey>();
        return Array.FindAll(units, unit =>
        {
            var (own, others) = unit.IsWrite ? (byWrites, byDevices) : (byDevices, byWrites);
            var waits = unit.Operations.Any(operation => others.Contains(operation.Entity) || waiting.Contains(operation.Entity));
            (waits ? waiting : own).UnionWith(unit.Operations.Select(static operation => operation.Entity));
            return !waits;
        });
    }
}
