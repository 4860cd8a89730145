using Microsoft.Extensions.Logging;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Transport;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Sync;

/// <summary>
/// Reads the server's changes into the local database, a page at a time: while one is on its way to the disk, the next one is read
/// from the network, and no more.
/// </summary>
internal sealed class ChangeReader(GatewayConnection connection, ILocalLog log, StatusTracker status, TimeProvider time, ILogger logger)
{
    /// <summary>A pull that is refused its start again and again is the server's fault, not the cursor's.</summary>
    private const int MaxRestarts = 2;

    /// <summary>Pulls until a page says complete. Goes on where an interrupted pull stopped.</summary>
    public async Task PullAsync(SessionGrant grant, CancellationToken cancellationToken)
    {
        for (var restarts = 0; ; restarts++)
        {
            try
            {
                await ReadPullAsync(grant, cancellationToken);
                return;
            }
            catch (SyncException refused) when (RestartsPull(refused, grant) && restarts < MaxRestarts)
            {
                await RestartAsync(refused, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Applies every commit as it comes, and calls <paramref name="onCurrent"/> each time the device holds all there is.
    /// Returns only when a full sync is due: the cursor can no longer be continued, or <paramref name="isEnough"/> says so.
    /// </summary>
    public async Task WatchAsync(SessionGrant grant, Func<Task> onCurrent, Func<bool> isEnough, CancellationToken cancellationToken)
    {
        var state = log.State;
        var request = new WatchRequest { Session = grant.Session, Cursor = WireMessages.CursorOf(state), Types_ = { state.Types.Asked } };
        using var call = await connection.WatchAsync(request, cancellationToken);
        var parts = new PageParts();
        try
        {
            while (await connection.NextOfSilentAsync(call.ResponseStream, cancellationToken) is { } response)
            {
                if (parts.Add(response.Page) is not { } page) continue;
                await ApplyAsync(page, cancellationToken);
                if (!page.Complete) continue;
                if (isEnough()) return;
                await onCurrent();
            }
        }
        catch (SyncException refused) when (refused.Fault is { RestartsPull: true, OtherLineage: false })
        {
            await RestartAsync(refused, cancellationToken);
            return;
        }

        throw SyncErrorCodes.StreamEnded("Watch");
    }

    private async Task ReadPullAsync(SessionGrant grant, CancellationToken cancellationToken)
    {
        var state = log.State;
        var request = new PullRequest
        {
            Session = grant.Session,
            Cursor = WireMessages.CursorOf(state),
            Types_ = { state.Types.Asked },
            PageToken = WireMessages.Bytes(state.PageToken),
        };
        await ReadPagesAsync(request, page => ApplyAsync(page, cancellationToken), until: null, cancellationToken);
    }

    /// <summary>
    /// Reads what is there of the type that is being filled, for some time at most: the other types' changes, and what this device has
    /// written, wait meanwhile.
    /// </summary>
    /// <returns>True: another type, or more of this one, is to be read. In any case a pull is due.</returns>
    public async Task<bool> FillAsync(SessionGrant grant, TimeSpan most, CancellationToken cancellationToken)
    {
        if (log.State.Types is not { Filling: [var type, ..] } types) return false;
        var request = new PullRequest
        {
            Session = grant.Session,
            Cursor = new Cursor(),
            Types_ = { type },
            PageToken = WireMessages.Bytes(types.FillToken),
        };
        var began = time.GetTimestamp();
        try
        {
            await ReadPagesAsync(request, ApplyAsync, until: () => time.GetElapsedTime(began) > most, cancellationToken);
        }
        catch (SyncException refused) when (RestartsPull(refused, grant) && !types.FillToken.IsEmpty)
        {
            Log.PullRestarts(logger, refused.Message);
            await log.RestartFillAsync(cancellationToken);
        }

        return true;

        async Task ApplyAsync(ChangePage page)
        {
            await log.ApplyFillAsync(type, page, cancellationToken);
            Log.FillApplied(logger, type, page.Rows.Count, page.Complete, page.Head);
        }
    }

    /// <summary>Reads pages until one is complete, or somebody has read enough.</summary>
    private async Task ReadPagesAsync(PullRequest request, Func<ChangePage, Task> applyAsync, Func<bool>? until, CancellationToken cancellationToken)
    {
        using var call = await connection.PullAsync(request, cancellationToken);
        var parts = new PageParts();
        var reading = NextAsync();
        var isLong = false;
        try
        {
            while (await reading is { } page)
            {
                var applying = applyAsync(page);
                if (!page.Complete) reading = NextAsync();
                await applying;
                if (page.Complete || until?.Invoke() == true) return;
                isLong = true;
                NoteProgress(request.Cursor.Sequence, page);
            }
        }
        finally
        {
            if (isLong) status.SetPulling(null);
            // What was read ahead ends with the call; what it met does not matter any more.
            call.Dispose();
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        throw SyncErrorCodes.StreamEnded("Pull");

        async Task<ChangePage?> NextAsync()
        {
            while (await connection.NextAsync("Pull", call.ResponseStream, cancellationToken) is { } response)
            {
                if (parts.Add(response.Page) is { } page) return page;
            }

            return null;
        }
    }

    /// <summary>Rows come in the order of the commits that last changed them.</summary>
    private void NoteProgress(long from, ChangePage page)
    {
        if (page.Rows.Count > 0) status.SetPulling(new SyncProgress(page.Rows.Last().Row.Sequence - from, page.Head - from));
    }

    private async Task ApplyAsync(ChangePage page, CancellationToken cancellationToken)
    {
        var drifted = log.State.Drifted;
        await log.ApplyPageAsync(page, cancellationToken);
        var state = log.State;
        Log.PageApplied(logger, page.Rows.Count, page.Outcomes.Count, page.Complete, state.Cursor, page.Head);
        if (state.Drifted != drifted && state.Drifted.Except(drifted) is { Count: > 0 } found)
            Log.DriftFound(logger, string.Join(", ", found), state.Cursor);
    }

    private async Task RestartAsync(SyncException refused, CancellationToken cancellationToken)
    {
        Log.PullRestarts(logger, refused.Message);
        await log.RestartPullAsync(cancellationToken);
    }

    /// <summary>Right after a handshake there is nothing more to ask about a cursor of another history; the server may be of a version that tells nothing.</summary>
    private static bool RestartsPull(SyncException refused, SessionGrant grant) =>
        refused.Fault is { RestartsPull: true } fault && (!fault.OtherLineage || !grant.Reused);
}
