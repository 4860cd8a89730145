using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Users;

/// <summary>
/// Chooses what the next round consists of: it turns away what may not write, answers repetitions with what they were
/// answered before, and refuses what depends on something refused.
/// </summary>
internal sealed class RoundBuilder(
    ChangeLogContext context, LogState state, PushQueue queue, Deduplication deduplication, Answers answers)
{
    private readonly List<CommitUnit> _deferred = [];
    private readonly WritePlacement _writes = new(context, state);
    private volatile bool _devicesChanged;

    /// <summary>The devices in memory are not the store's any more.</summary>
    public void OnDevicesChanged() => _devicesChanged = true;

    /// <summary>For the next round, before all that is queued.</summary>
    public void Defer(IEnumerable<CommitUnit> units) => _deferred.AddRange(units);

    /// <summary>What was deferred, and as many whole batches as fit beside it.</summary>
    public List<CommitUnit> Take()
    {
        List<CommitUnit> part = [.. _deferred];
        _deferred.Clear();
        foreach (var batch in queue.Take(context.Options.Limits.RoundOperations - part.Sum(static unit => unit.Operations.Count)))
        {
            deduplication.Admit(batch);
            part.AddRange(batch.Units);
        }

        return part;
    }

    /// <param name="part">What to choose from.</param>
    /// <param name="inDoubt">A commit was refused or its end not seen: the journal is asked for every operation.</param>
    public async Task<Round> BuildAsync(List<CommitUnit> part, bool inDoubt)
    {
        PendingBatch[] batches = [.. part.Select(static unit => unit.Batch).Distinct()];
        await LearnDevicesAsync(batches);
        foreach (var batch in batches) TurnAway(batch);
        CommitUnit[] live = [.. part.Where(static unit => !unit.Batch.IsOver)];
        foreach (var operation in CommitUnit.OperationsOf(live).Where(static operation => operation.IsReused))
        {
            answers.AnswerKnown(operation, Deduplication.Refusal(operation, RejectionReason.OperationReused));
        }

        var known = await deduplication.FindKnownAsync(live, inDoubt);
        context.Metrics?.Duplicates(known.Count);
        foreach (var (operation, outcome) in known) answers.AnswerKnown(operation, outcome);
        CommitUnit[] underWay = [.. live.Where(static unit => unit.IsUnderWay)];
        var now = context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        IReadOnlyList<(PendingOperation Operation, RejectionReason Reason)> refused = [];
        if (Array.Exists(underWay, static unit => unit.IsWrite)) (underWay, refused) = await _writes.PlaceAsync(underWay, now);
        var round = new Round(underWay, now);
        round.Refuse(refused.Select(one => (round.Find(one.Operation), one.Reason)));
        RefuseDependants(round, underWay);
        return round;
    }

    private async Task LearnDevicesAsync(PendingBatch[] batches)
    {
        var isFirstWrite = batches.Any(static batch => batch.IsWrite) && state.Find(DeviceId.Backend) is null;
        if (!_devicesChanged && batches.All(batch => state.Find(batch.Device) is not null)) return;
        _devicesChanged = false;
        try
        {
            if (isFirstWrite)
            {
                var now = context.Time.GetUtcNow().ToUnixTimeMilliseconds();
                await context.Store.RegisterDeviceAsync(context.Scope, DeviceId.Backend, new([], []), now, CancellationToken.None);
            }

            state.OnDevices(await context.Store.ListDevicesAsync(context.Scope, CancellationToken.None));
        }
        catch
        {
            _devicesChanged = true;
            throw;
        }
    }

    private void TurnAway(PendingBatch batch)
    {
        if (state.Find(batch.Device) is not { Revoked: false })
        {
            answers.Fail(batch, PushStatus.DeviceRefused);
            return;
        }

        if (batch.IsWrite) return;
        var ahead = batch.Operations.FirstOrDefault(operation =>
            operation.Outcome is null && operation.Operation.Counter - context.Options.Limits.ClockAhead > state.Clock);
        if (ahead is not null) answers.Fail(batch, PushStatus.CounterAhead, ahead.Index);
    }

    private static void RefuseDependants(Round round, CommitUnit[] units)
    {
        foreach (var unit in units)
        {
            if (unit.Unstorable) RefuseUnit(unit, RejectionReason.Unstorable);
            else if (unit.IsTorn) RefuseUnit(unit, RejectionReason.TransactionRejected);
        }

        foreach (var batch in units.Select(static unit => unit.Batch).Distinct())
        {
            foreach (var operation in batch.Operations)
            {
                if (operation.Outcome is { Kind: OutcomeKind.Rejected }) round.RefuseFollowersOf(operation);
            }
        }

        void RefuseUnit(CommitUnit unit, RejectionReason reason) =>
            round.Refuse(round.MembersOf(unit).Select(member => (member, reason)));
    }
}
