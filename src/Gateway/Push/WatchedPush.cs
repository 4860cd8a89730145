using OrleansSync.Gateway.Errors;
using OrleansSync.Gateway.Watch;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Push;

/// <summary>
/// Hands batches to the user's change log. Where the silo that was asked dies, nobody answers, and the call would hang until
/// it times out; so one that takes long is asked after. An answer by another activation means that the first is gone, and its
/// answers with it: the device is told to send again, which is safe.
/// </summary>
internal sealed class WatchedPush(IUserGrain user, ScopeWatch scope, TimeProvider time, ILogger logger)
{
    /// <summary>Far above a commit of a healthy store, far below the timeout of a call.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static readonly PushReply NotAnswered = new(PushStatus.Unavailable, [], 0, SyncErrors.RetryAfterFault, -1);

    public async Task<PushReply> PushAsync(PushBatch batch)
    {
        var asked = scope.Activation;
        var reply = user.PushAsync(batch);
        while (!await EndsInTimeAsync(reply))
        {
            if (await WhoAnswersAsync() is not { } answering || answering == asked || reply.IsCompleted) continue;
            Log.PushLost(logger);
            reply.Ignore();
            return NotAnswered;
        }

        return await reply;
    }

    private async Task<bool> EndsInTimeAsync(Task reply)
    {
        if (reply.IsCompleted) return true;
        using var passed = new CancellationTokenSource(Patience, time);
        await reply.WaitAsync(passed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return reply.IsCompleted;
    }

    // Null: nobody does now.
    private async Task<Guid?> WhoAnswersAsync()
    {
        try
        {
            return (await scope.SubscribeAsync().WaitAsync(Patience, time)).Activation;
        }
        catch (Exception exception) when (Transient.Is(exception))
        {
            return null;
        }
    }
}
