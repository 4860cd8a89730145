using System.Collections.Immutable;
using System.Runtime.InteropServices;
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
/// Merges the entities of a round, those in use at their grains, in parallel, until no more operation is refused. Entities that
/// had merged what is now excluded are called again under the next attempt, with what is left, if anything.
/// </summary>
internal sealed class RoundRunner(ChangeLogContext context, LogState state)
{
    private readonly RecentEntities _recent = new(context.Options);
    private readonly MergeInPlace _inPlace = new(context);

    /// <summary>A commit was refused: something of the round was not as it was merged.</summary>
    public void OnRefused() => _inPlace.OnRefused();

    /// <summary>The entities that did not answer are added to <paramref name="silent"/>.</summary>
    public async Task<MergeEnd> RunAsync(Round round, HashSet<EntityKey> silent)
    {
        ParkBehind(round);
        var calls = new HashSet<EntityKey>(round.Operations.Count);
        foreach (var operation in round.Operations)
        {
            if (operation.IsActive) calls.Add(operation.Entity);
        }

        for (var first = true; calls.Count > 0; first = false)
        {
            var end = await CallAsync(round, calls, silent);
            if (end != MergeEnd.Merged) return end;
            var refused = Refused(round, calls);
            calls = first ? Exclude(round, refused) : round.Defer(refused.Select(static refused => refused.Operation));
            // With nothing more to be refused it is sure what each operation meets.
            if (calls.Count == 0) calls = Park(round);
        }

        return MergeEnd.Merged;
    }

    /// <summary>What comes after operations that wait in the inbox waits with them.</summary>
    private void ParkBehind(Round round)
    {
        if (state.Conflicts.Count == 0) return;
        RoundOperation[] behind = [.. round.Operations.Where(operation => operation.IsActive
            && state.Conflicts.IsBehind(operation.Pending.Operation, context.Schema.Find(operation.Entity.Type)?.Policy ?? default))];
        ParkOrRefuse(round, behind);
    }

    // What met a change that now goes to the inbox itself has to be judged without that.
    private HashSet<EntityKey> Park(Round round)
    {
        var affected = new HashSet<EntityKey>();
        while (affected.Count == 0)
        {
            RoundOperation[] met = [.. round.Operations.Where(static operation => operation is { IsActive: true, Merged.Kind: OutcomeKind.Parked })];
            if (met.Length == 0) break;
            var leaving = round.LeavingWith(met);
            RoundOperation[] sure = [.. met.Where(operation => !round.AcceptedBefore(operation).Any(leaving.Contains))];
            affected.UnionWith(ParkOrRefuse(round, sure.Length > 0 ? sure : met[..1]));
        }

        return affected;
    }

    private HashSet<EntityKey> ParkOrRefuse(Round round, RoundOperation[] operations)
    {
        if (operations.Length == 0) return [];
        var parked = round.Operations.Count(static operation => operation.IsParked) + round.LeavingWith(operations).Count;
        return state.Conflicts.Count + parked <= context.Options.Limits.ParkedOperations
            ? round.Park(operations)
            : round.Refuse(operations.Select(static operation => (operation, RejectionReason.Conflict)));
    }

    private async Task<MergeEnd> CallAsync(Round round, HashSet<EntityKey> entities, HashSet<EntityKey> silent)
    {
        var attempt = state.NextAttempt();
        var inPlace = new List<(EntityKey Entity, MergeRequest Request)>(entities.Count);
        var atGrains = new List<(EntityKey Entity, MergeRequest Request)>();
        foreach (var entity in entities)
        {
            var inUse = _recent.IsInUse(entity, state.Head + 1, out var since);
            if (inUse)
            {
                if (round.Attempts.TryGetValue(entity, out var earlier)) state.Replace(entity, earlier);
                round.Attempts[entity] = attempt;
            }

            // What is merged in place is kept nowhere: there is nothing of it that could be promoted.
            var abandoned = inUse ? state.AbandonedFor(entity) : [];
            var operations = OperationsOf(round.ActiveOn(entity));
            var request = new MergeRequest(state.Epoch, state.Head + 1, attempt, abandoned, operations, round.StartedAt, since, state.Lost.After, state.Lost.Through);
            (inUse ? atGrains : inPlace).Add((entity, request));
        }

        var merging = _inPlace.RunAsync(inPlace);
        var end = Take(round, atGrains, await Task.WhenAll(atGrains.Select(CallAsync)), silent);
        var endInPlace = Take(round, inPlace, await merging, silent);
        return end == MergeEnd.Stale || endInPlace == MergeEnd.Merged ? end : endInPlace;
    }

    private static ImmutableArray<Operation> OperationsOf(List<RoundOperation> active)
    {
        var operations = new Operation[active.Count];
        for (var i = 0; i < operations.Length; i++) operations[i] = active[i].Pending.Operation;
        return ImmutableCollectionsMarshal.AsImmutableArray(operations);
    }

    private async Task<MergeReply?> CallAsync((EntityKey Entity, MergeRequest Request) call)
    {
        try
        {
            return await context.Merger.MergeAsync(call.Entity, call.Request);
        }
#pragma warning disable CA1031 // Whatever it was, it was before the commit: the attempt is abandoned and the round runs again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            context.Logger.MergeFailed(exception, call.Entity.Type);
            return null;
        }
    }

    private static MergeEnd Take(
        Round round, List<(EntityKey Entity, MergeRequest Request)> calls, MergeReply?[] replies, HashSet<EntityKey> silent)
    {
        var end = MergeEnd.Merged;
        for (var i = 0; i < replies.Length; i++)
        {
            var (entity, reply) = (calls[i].Entity, replies[i]);
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
                round.Take(entity, reply);
            }
        }

        return end;
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

    // What settles a conflict is decided on the row that somebody saw.
    private static RejectionReason? ReasonOf(RoundOperation operation) => operation.Merged switch
    {
        { Kind: OutcomeKind.Rejected, Reason: var reason } => reason,
        { Concurrent: true } when operation.Unit.IsResolution => RejectionReason.Conflict,
        _ => null,
    };

    // What its entity refuses after one of the same batch is refused for that one's sake.
    private static List<(RoundOperation Operation, RejectionReason Reason)> Refused(Round round, IEnumerable<EntityKey> called)
    {
        var refused = new List<(RoundOperation Operation, RejectionReason Reason)>();
        foreach (var entity in called)
        {
            HashSet<PendingBatch>? batches = null;
            foreach (var operation in round.ActiveOn(entity))
            {
                if (ReasonOf(operation) is not { } reason) continue;
                refused.Add((operation, (batches ??= []).Add(operation.Pending.Batch) ? reason : RejectionReason.PredecessorRejected));
            }
        }

        return refused;
    }
}
