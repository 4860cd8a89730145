using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Backend;

/// <summary>Checks what operators ask and hands it to the user's admin grain.</summary>
internal sealed class SyncAdmin(IGrainFactory grains, SyncSchema schema, Limits limits) : ISyncAdmin
{
    public Task<DeadLetterPage> ListDeadLettersAsync(
        string user, DeadLetterPosition? before = null, int limit = ISyncAdmin.MaxPage, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ISyncAdmin.MaxPage);
        return AskAsync(user, admin => admin.ListDeadLettersAsync(before, limit), cancellationToken);
    }

    public Task<DeadLetter?> FindDeadLetterAsync(string user, OperationId operation, CancellationToken cancellationToken = default) =>
        AskAsync(user, admin => admin.FindDeadLetterAsync(operation), cancellationToken);

    public async Task<ReplayResult?> ReplayDeadLetterAsync(
        string user, OperationId operation, DeadLetterReplay? replay = null, CancellationToken cancellationToken = default)
    {
        var how = replay ?? new DeadLetterReplay();
        // One that is gone may have been replayed, which its grain knows; what it would write is then of no matter.
        var letter = await FindDeadLetterAsync(user, operation, cancellationToken);
        var wanted = letter is null ? Nothing(operation) : how.Of(letter.Operation);
        if (letter is not null && OperationRules.Check(wanted, schema, limits) is { } fault) throw new SyncWriteException(fault);
        var request = new ReplayRequest(operation, wanted, how.AsCreate);
        var reply = await AskAsync(user, admin => admin.ReplayDeadLetterAsync(request), cancellationToken);
        return reply.Status switch
        {
            ReplayStatus.NotFound => null,
            ReplayStatus.Exhausted => throw new InvalidOperationException(
                "The dead letter was replayed and refused as often as one can be. Discard it and write what is wanted anew."),
            ReplayStatus.Unavailable => throw Unavailable(reply.RetryAfter, null),
            _ => new ReplayResult(reply.Outcome, reply.Before),
        };
    }

    public Task<bool> DiscardDeadLetterAsync(string user, OperationId operation, CancellationToken cancellationToken = default) =>
        AskAsync(user, admin => admin.DiscardDeadLetterAsync(operation), cancellationToken);

    public Task<OperationWhereabouts> WhereIsAsync(string user, OperationId operation, CancellationToken cancellationToken = default) =>
        AskAsync(user, admin => admin.WhereIsAsync(operation), cancellationToken);

    private static Operation Nothing(OperationId letter) =>
        new() { Id = letter, Device = DeviceId.Backend, Entity = new("", ""), Kind = OperationKind.Delete, Counter = 1 };

    private async Task<T> AskAsync<T>(string user, Func<IAdminGrain, Task<T>> ask, CancellationToken cancellationToken)
    {
        UserId.Require(user, nameof(user));
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await ask(grains.GetGrain<IAdminGrain>(user)).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (Transient.Is(exception))
        {
            throw Unavailable(SyncUnavailableException.RetryAfterFault, exception);
        }
    }

    private static SyncUnavailableException Unavailable(TimeSpan retryAfter, Exception? cause) => new(
        "The server cannot answer now. Ask again: a replay or a discard that has taken place does so once.",
        retryAfter > TimeSpan.Zero ? retryAfter : SyncUnavailableException.RetryAfterFault,
        cause);
}
