using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Backend;

/// <summary>Checks writes and hands them to the user's change log.</summary>
internal sealed class SyncWriter(IGrainFactory grains, SyncSchema schema, Limits limits) : ISyncWriter
{
    public async Task<WriteResult> WriteAsync(
        string user, string key, Action<SyncWrite> write, CancellationToken cancellationToken = default)
    {
        UserId.Require(user, nameof(user));
        WriteIds.RequireKey(key, nameof(key));
        ArgumentNullException.ThrowIfNull(write);
        var said = new SyncWrite();
        write(said);
        var request = said.ToRequest(ScopeId.ForUser(user), key, schema, limits);
        cancellationToken.ThrowIfCancellationRequested();
        var reply = await AskAsync(user, request, cancellationToken);
        if (reply.Status != PushStatus.Done) throw Unavailable(reply.Status, reply.RetryAfter);
        return new([.. reply.Outcomes.Select((outcome, i) =>
        {
            var (type, id) = request.Drafts[i].Operation.Entity;
            return new OperationResult(type, id, outcome.Kind, outcome.Reason, outcome.Sequence);
        })]);
    }

    private async Task<PushReply> AskAsync(string user, WriteRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.GetGrain<IUserGrain>(user).WriteAsync(request).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (Transient.Is(exception))
        {
            throw Unavailable(PushStatus.Unavailable, SyncUnavailableException.RetryAfterFault, exception);
        }
    }

    private static SyncUnavailableException Unavailable(PushStatus status, TimeSpan retryAfter, Exception? cause = null) => new(
        status == PushStatus.Overloaded
            ? "The user's queue is full; nothing was written. Write again later, with the same key."
            : "The server cannot answer now; the write may have taken place. Write again with the same key: it takes effect once.",
        retryAfter > TimeSpan.Zero ? retryAfter : SyncUnavailableException.RetryAfterFault,
        cause);
}
