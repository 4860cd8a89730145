namespace OrleansSync.Client.Sync;

/// <summary>Runs two pieces of work at once and leaves neither behind: when this returns, both have ended.</summary>
internal static class Together
{
    /// <summary>Both to their end, whatever becomes of the other one; then a fault of either is thrown.</summary>
    public static async Task RunAsync(Task left, Task right, CancellationToken cancellationToken)
    {
        Task[] tasks = [left, right];
        await EndAsync(tasks);
        cancellationToken.ThrowIfCancellationRequested();
        await Task.WhenAll(tasks);
    }

    /// <summary>Until one of them ends; that cancels the other. The first one's fault, if it has one, is thrown.</summary>
    public static async Task RunUntilFirstAsync(
        Func<CancellationToken, Task> left, Func<CancellationToken, Task> right, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] tasks = [left(both.Token), right(both.Token)];
        var first = await Task.WhenAny(tasks);
        await both.CancelAsync();
        await EndAsync(tasks);
        cancellationToken.ThrowIfCancellationRequested();
        await first;
    }

    /// <summary>However they end: the caller looks at the one that tells why.</summary>
    private static async Task EndAsync(Task[] tasks) => await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
