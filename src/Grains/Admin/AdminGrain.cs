using Microsoft.Extensions.Logging;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Admin;

/// <summary>Operators' questions about one user, answered from the store; replays go through the user's own log.</summary>
[GrainType("orleanssync.admin")]
public sealed class AdminGrain(ISyncStore store, GrainSettings settings, ILogger<AdminGrain> logger) : Grain, IAdminGrain
{
    private string User => this.GetPrimaryKeyString();

    private ScopeId Scope => ScopeId.ForUser(User);

    public async Task<DeadLetterPage> ListDeadLettersAsync(DeadLetterPosition? before, int limit)
    {
        // One more than asked for: it tells whether there is another page.
        var query = new DeadLetterQuery { Scope = Scope, Before = before, MaxLetters = limit + 1 };
        var found = await store.ListDeadLettersAsync(query, CancellationToken.None);
        DeadLetterPosition? next = found.Count > limit ? DeadLetterPosition.Of(found[limit - 1]) : null;
        return new([.. found.Take(limit).Select(DeadLetterSummary.Of)], next);
    }

    public Task<DeadLetter?> FindDeadLetterAsync(OperationId operation) => store.FindDeadLetterAsync(Scope, operation, CancellationToken.None);

    public async Task<ReplayReply> ReplayDeadLetterAsync(ReplayRequest request)
    {
        var user = GrainFactory.GetGrain<IUserGrain>(User);
        var reply = await new LetterReplay(store, Scope, user.WriteAsync).RunAsync(request);
        if (reply.Status is ReplayStatus.Replayed or ReplayStatus.Refused)
            logger.DeadLetterReplayed(request.Letter, reply.Outcome.Operation, reply.Outcome.Kind, reply.Outcome.Reason);
        return reply;
    }

    public async Task<bool> DiscardDeadLetterAsync(OperationId operation)
    {
        var removed = await store.RemoveDeadLetterAsync(Scope, operation, CancellationToken.None);
        if (removed) logger.DeadLetterDiscarded(operation);
        return removed;
    }

    public async Task<OperationWhereabouts> WhereIsAsync(OperationId operation)
    {
        var devices = await GrainFactory.GetGrain<IUserGrain>(User).ListDevicesAsync();
        return await new OperationSearch(store, Scope, settings.Retention, settings.Time).FindAsync(operation, devices);
    }
}
