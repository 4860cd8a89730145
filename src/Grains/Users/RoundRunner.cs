using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Users;

/// <summary>How a round's way through the entities ended.</summary>
internal enum MergeEnd
{
    /// <summary>Every operation has what becomes of it, or waits for the next round.</summary>
    Merged = 1,

    /// <summary>An entity has seen a later call: another owner is at work.</summary>
    Stale = 2,

    /// <summary>An entity did not answer.</summary>
    Failed = 3,
}

/// <summary>
/// Calls the entities of a round, in parallel, until no more operation is refused. Entities that had merged what is now
/// excluded are called again under the next attempt, with what is left, if anything.
/// </summary>
internal sealed class RoundRunner(IEntityMerger merger, LogState state, ILogger logger)
{
    /// <summary>The entities that did not answer are added to <paramref name="silent"/>.</summary>
    public async Task<MergeEnd> RunAsync(Round round, HashSet<EntityKey> silent)
    {
        HashSet<EntityKey> calls = [.. round.Entities.Where(entity => round.ActiveOn(entity).Any())];
        for (var first = true; calls.Count > 0; first = false)
        {
            var end = await CallAsync(round, calls, silent);
            if (end != MergeEnd.Merged) return end;
            var refused = Refused(round, calls);
            calls = first ? Exclude(round, refused) : round.Defer(refused.Select(static refused => refused.Operation));
        }

        return MergeEnd.Merged;
    }

    private async Task<MergeEnd> CallAsync(Round round, HashSet<EntityKey> entities, HashSet<EntityKey> silent)
    {
        var attempt = state.NextAttempt();
        var calls = entities.Select(entity =>
        {
            if (round.Attempts.TryGetValue(entity, out var earlier)) state.Replace(entity, earlier);
            round.Attempts[entity] = attempt;
            RoundOperation[] operations = [.. round.ActiveOn(entity)];
            ImmutableArray<Operation> sent = [.. operations.Select(static operation => operation.Pending.Operation)];
            var request = new MergeRequest(state.Epoch, state.Head + 1, attempt, state.AbandonedFor(entity), sent, round.StartedAt);
            return CallAsync(entity, operations, request);
        });
        var end = MergeEnd.Merged;
        foreach (var (entity, operations, reply) in await Task.WhenAll(calls))
        {
            if (reply is null)
            {
                silent.Add(entity);
                if (end == MergeEnd.Merged) end = MergeEnd.Failed;
            }
            else if (!reply.InOrder)
            {
                end = MergeEnd.Stale;
            }
            else
            {
                round.Replies[entity] = reply;
                for (var i = 0; i < operations.Length; i++) operations[i].Merged = reply.Operations[i];
            }
        }

        return end;
    }

    private async Task<(EntityKey Entity, RoundOperation[] Operations, MergeReply? Reply)> CallAsync(
        EntityKey entity, RoundOperation[] operations, MergeRequest request)
    {
        try
        {
            return (entity, operations, await merger.MergeAsync(entity, request));
        }
#pragma warning disable CA1031 // Whatever it was, it was before the commit: the attempt is abandoned and the round runs again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            logger.MergeFailed(exception, entity.Type);
            return (entity, operations, null);
        }
    }

    // What was refused with something before it on its entity that now leaves the round has to be judged without that, in
    // the next round. Of transactions that refuse each other the first falls, so that each round decides something.
    private static HashSet<EntityKey> Exclude(Round round, List<(RoundOperation Operation, RejectionReason Reason)> refused)
    {
        var affected = new HashSet<EntityKey>();
        while (refused.Count > 0)
        {
            RoundOperation[] baseless = [.. refused.Select(static one => one.Operation)
                .Where(one => round.AcceptedBefore(one).Any(static before => !before.IsActive))];
            if (baseless.Length > 0)
            {
                affected.UnionWith(round.Defer(baseless));
            }
            else
            {
                var leaving = round.LeavingWith(refused);
                (RoundOperation, RejectionReason)[] sure = [.. refused.Where(one => !round.AcceptedBefore(one.Operation).Any(leaving.Contains))];
                affected.UnionWith(round.Refuse(sure.Length > 0 ? sure : refused[..1]));
            }

            refused.RemoveAll(static one => !one.Operation.IsActive);
        }

        return affected;
    }

    // What its entity refuses after one of the same batch is refused for that one's sake.
    private static List<(RoundOperation Operation, RejectionReason Reason)> Refused(Round round, IEnumerable<EntityKey> called)
    {
        var refused = new List<(RoundOperation Operation, RejectionReason Reason)>();
        foreach (var entity in called)
        {
            var batches = new HashSet<PendingBatch>();
            foreach (var operation in round.ActiveOn(entity))
            {
                if (operation.Merged is not { Kind: OutcomeKind.Rejected, Reason: var reason }) continue;
                refused.Add((operation, batches.Add(operation.Pending.Batch) ? reason : RejectionReason.PredecessorRejected));
            }
        }

        return refused;
    }
}
