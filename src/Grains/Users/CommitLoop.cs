using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>How one run of a round ended.</summary>
internal enum RunEnd
{
    /// <summary>Committed, or nothing was left to commit.</summary>
    Done = 1,

    /// <summary>Nothing was committed, or it is not known yet: run again after a delay.</summary>
    Again = 2,

    /// <summary>Nothing was committed: something in the round cannot be stored.</summary>
    Unstorable = 3,
}

/// <summary>
/// Takes one round after the other from claim to answer. A round is merged, committed and answered before the next one
/// begins; whatever fails on the way is undone by abandoning the round's attempts, or by a new claim.
/// </summary>
internal sealed class CommitLoop(
    ChangeLogContext context, LogState state, RoundBuilder builder, RoundRunner runner, Answers answers)
{
    // What a bisection has left to try, first part on top.
    private readonly Stack<List<CommitUnit>> _parts = new();
    private List<CommitUnit> _current = [];
    private RoundCommit? _unknown;
    private bool _inDoubt;

    /// <summary>One round; false: there was nothing to do.</summary>
    public async Task<bool> RunOnceAsync()
    {
        if (!_parts.TryPop(out var part)) part = builder.Take();
        if (part.Count == 0) return false;
        _current = part;
        var backoff = new Backoff(context.Options, context.Time);
        var silent = new HashSet<EntityKey>();
        while (true)
        {
            silent.Clear();
            switch (await RunAsync(part, silent))
            {
                case RunEnd.Done:
                    _inDoubt = false;
                    Keep(part);
                    return true;
                case RunEnd.Unstorable:
                    Split(part);
                    return true;
            }

            if (await backoff.WaitAsync()) continue;
            GiveUp(part, silent);
            if (!part.Exists(static unit => unit.IsUnderWay)) return true;
            backoff.Restart();
        }
    }

    /// <summary>Everything under way and queued is answered: it may or may not have been committed.</summary>
    public void FailAll()
    {
        state.LoseClaim();
        _inDoubt = true;
        answers.Fail(_current, PushStatus.Unavailable);
        while (_parts.TryPop(out var part)) answers.Fail(part, PushStatus.Unavailable);
        for (var rest = builder.Take(); rest.Count > 0; rest = builder.Take()) answers.Fail(rest, PushStatus.Unavailable);
    }

    private async Task<RunEnd> RunAsync(List<CommitUnit> part, HashSet<EntityKey> silent)
    {
        try
        {
            if (!state.IsClaimed) await ClaimAsync();
            var round = await builder.BuildAsync(part, _inDoubt);
            if (round.IsEmpty) return RunEnd.Done;
            var merged = await runner.RunAsync(round, silent);
            if (merged == MergeEnd.Merged) return await CommitAsync(round);
            if (merged == MergeEnd.Stale) state.LoseClaim();
        }
        catch (StoreUnavailableException exception)
        {
            context.Logger.StoreUnavailable(exception);
        }

        state.AbandonRound();
        return RunEnd.Again;
    }

    private async Task ClaimAsync()
    {
        var claim = await context.Store.ClaimAsync(context.Scope, CancellationToken.None);
        // Most scopes have no inbox, and the claim tells so.
        var hasParked = claim.Digests.Any(static digest => digest is { Type: ParkedOperation.Type, Rows: > 0 });
        state.OnClaimed(claim, hasParked
            ? await context.Store.ListAsync(context.Scope, ParkedOperation.Type, int.MaxValue, CancellationToken.None)
            : []);
        context.Logger.Claimed(claim.State.Epoch, claim.State.Head);
        if (_unknown is not { } unknown) return;
        _unknown = null;
        // If others have committed since, the journal tells about each of its operations.
        if (claim.State.LastCommit == unknown.Commit.CommitId) answers.Committed(unknown);
    }

    private async Task<RunEnd> CommitAsync(Round round)
    {
        var commit = new RoundCommit(round, context.Scope, state);
        var began = context.Time.GetTimestamp();
        try
        {
            switch (await context.Store.CommitAsync(commit.Commit, CancellationToken.None))
            {
                case CommitResult.Committed:
                    state.OnCommitted(commit.Commit);
                    context.Metrics?.Committed(context.Time.GetElapsedTime(began), commit.Commit.Operations.Length);
                    answers.Committed(commit);
                    return RunEnd.Done;
                case CommitResult.Unstorable:
                    state.AbandonRound();
                    return RunEnd.Unstorable;
                default:
                    context.Metrics?.Refused();
                    context.Logger.CommitRefused(state.Epoch, state.Head);
                    runner.OnRefused();
                    break;
            }
        }
        catch (StoreOutcomeUnknownException exception)
        {
            context.Logger.CommitUnknown(exception, state.Head + 1);
            _unknown = commit;
        }

        state.LoseClaim();
        _inDoubt = true;
        return RunEnd.Again;
    }

    // What the round left for the next one goes before everything else, so that each device's order holds.
    private void Keep(List<CommitUnit> part)
    {
        part.RemoveAll(static unit => !unit.IsUnderWay);
        if (part.Count == 0) return;
        if (_parts.TryPop(out var next)) _parts.Push([.. part, .. next]);
        else builder.Defer(part);
    }

    // Halves, in order and never within a transaction, until what cannot be stored stands alone.
    private void Split(List<CommitUnit> part)
    {
        part.RemoveAll(static unit => !unit.IsUnderWay);
        if (part.Count > 1)
        {
            var half = part.Count / 2;
            _parts.Push(part[half..]);
            _parts.Push(part[..half]);
            return;
        }

        foreach (var unit in part)
        {
            context.Logger.Unstorable(unit.Operations[0].Entity.Type, unit.Operations.Count);
            if (unit.Unstorable) answers.Unstorable(unit);
            else _parts.Push(part);
            unit.Unstorable = true;
        }
    }

    // Entities that stay silent take down only the batches that need them; a silent store takes down all that wait for it.
    private void GiveUp(List<CommitUnit> part, HashSet<EntityKey> silent)
    {
        context.Logger.GaveUp(part.Count, silent.Count);
        if (silent.Count == 0) FailAll();
        else answers.Fail(part.Where(unit => unit.Operations.Any(operation => silent.Contains(operation.Entity))), PushStatus.Unavailable);
    }
}
