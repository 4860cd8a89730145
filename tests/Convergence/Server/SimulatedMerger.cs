using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Users;

namespace OrleansSync.Convergence.Tests.Server;

/// <summary>An owner's calls to the entities: they take time, get lost, lose their reply, or arrive after the caller has given up.</summary>
internal sealed class SimulatedMerger(
    SimulatedEntities entities, string name, SeededScheduler scheduler, Dice dice, Faults faults) : IEntityMerger
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<MergeReply> MergeAsync(EntityKey entity, MergeRequest request)
    {
        await scheduler.DelayAsync(dice.Delay(1, 10));
        if (faults.Strikes(FaultKind.MergeLost, name)) await GiveUpAsync();
        if (faults.Strikes(FaultKind.MergeLate, name))
        {
            scheduler.After(Patience + dice.Delay(100, 2_000), () => scheduler.Start("late merge", () => ArriveLateAsync(entity, request)));
            await GiveUpAsync();
        }

        var reply = await entities.MergeAsync(entity, request);
        if (faults.Strikes(FaultKind.MergeReplyLost, name)) await GiveUpAsync();
        await scheduler.DelayAsync(dice.Delay(1, 10));
        return reply;
    }

    // Nobody hears what it answers.
    private async Task ArriveLateAsync(EntityKey entity, MergeRequest request) =>
        await ((Task)entities.MergeAsync(entity, request)).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private async Task GiveUpAsync()
    {
        await scheduler.DelayAsync(Patience);
        throw new TimeoutException("as the dice say");
    }
}
