using Microsoft.Extensions.Logging;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Retention;

/// <summary>
/// Settles what nobody has decided for too long: what stands, stays, and what waited is kept as a dead letter. It goes through the log as
/// every other decision, so whoever decides at the same moment either comes first or is refused.
/// </summary>
public sealed class ConflictExpiry(
    ISyncStore store, GrainSettings settings, Func<ScopeId, WriteRequest, Task<PushReply>> writeAsync, ILogger logger)
{
    /// <returns>How many operations wait no more.</returns>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task<int> RunAsync(ScopeId scope, CancellationToken cancellationToken)
    {
        var before = (settings.Time.GetUtcNow() - settings.Retention.Conflicts).ToUnixTimeMilliseconds();
        var expired = 0;
        foreach (var row in await store.ListAsync(scope, ParkedOperation.Type, settings.Limits.ParkedOperations, cancellationToken))
        {
            var parked = ParkedOperation.Read(row);
            if (parked.ParkedAt > before) continue;
            cancellationToken.ThrowIfCancellationRequested();
            var write = new SyncWrite().Delete(row.Key.Type, row.Key.Id, expected: row.Sequence);
            var request = write.ToRequest(scope, $"expire {row.Key.Id}", settings.Schema, settings.Limits);
            var reply = await writeAsync(scope, request with { Letter = LetterOf(parked) });
            // Settled by somebody in the meantime, or the silo is busy: the next pass sees.
            if (reply.Status != PushStatus.Done || reply.Outcomes[0].Kind != OutcomeKind.Applied) continue;
            logger.ConflictExpired(parked.Id, parked.Entity.Type, parked.Device);
            expired++;
        }

        return expired;
    }

    // The commit sets sequence and time.
    private DeadLetter LetterOf(ParkedOperation parked) => new(
        parked.ToOperation(), RejectionReason.Conflict, $"Nobody decided in time: Retention:Conflicts is {settings.Retention.Conflicts:c}.", 0, 0);
}
