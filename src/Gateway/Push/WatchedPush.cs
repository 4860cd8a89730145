using OrleansSync.Gateway.Errors;
using OrleansSync.Gateway.Watch;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Push;

/// <summary>
/// Hands batches to the user's change log. What dies with a silo is answered by nobody: the call if the silo was asked, the
/// answer if it only was on the way. Then a push would hang until it times out; so one that takes long is asked after. When
/// the user answers, but as another activation, or after a connection was lost, the device is told to send again, which is safe.
/// </summary>
internal sealed class WatchedPush(IUserGrain user, ScopeWatch scope, WatchHub hub)
{
    /// <summary>Far above a commit of a healthy store, far below the timeout of a call.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static readonly PushReply NotAnswered = new(PushStatus.Unavailable, [], 0, SyncErrors.RetryAfterFault, -1);

    public async Task<PushReply> PushAsync(PushBatch batch)
    {
        var (asked, losses) = (scope.Activation, hub.Losses);
        var reply = user.PushAsync(batch);
        while (!await EndsInTimeAsync(reply))
        {
            if (await WhoAnswersAsync() is not { } answering || reply.IsCompleted) continue;
            if (answering == asked && hub.Losses == losses) continue;
            Log.PushLost(hub.Logger);
            reply.Ignore();
            return NotAnswered;
        }

        return await reply;
    }

    private async Task<bool> EndsInTimeAsync(Task reply)
    {
        if (reply.IsCompleted) return true;
        using var passed = new CancellationTokenSource(Patience, hub.Time);
        await reply.WaitAsync(passed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return reply.IsCompleted;
    }

    // Null: nobody does now.
    private async Task<Guid?> WhoAnswersAsync()
    {
        try
        {
            return (await scope.SubscribeAsync().WaitAsync(Patience, hub.Time)).Activation;
        }
        catch (Exception exception) when (Transient.Is(exception))
        {
            return null;
        }
    }
}
