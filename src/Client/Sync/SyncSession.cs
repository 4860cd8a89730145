using System.Threading.Channels;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Sync.Reconciling;
using OrleansSync.Client.Transport;

namespace OrleansSync.Client.Sync;

/// <summary>What the scheduler orders of a session that watches.</summary>
internal enum SessionOrder
{
    Push,
    Sync,
}

/// <summary>The parts of a session that outlive it.</summary>
internal sealed record SessionParts(
    ILocalLog Log,
    Handshaker Handshaker,
    PushPump Pump,
    ChangeReader Reader,
    Reconciliation Reconciliation,
    StatusTracker Status,
    TimeProvider Time);

/// <summary>
/// One session: handshake, full sync and, where asked to, watching with pushes on order, until a fault or its cancellation.
/// It reports where it stands and decides nothing about time.
/// </summary>
internal sealed class SyncSession(SessionParts parts, ChannelReader<SessionOrder> orders, Action<SchedulerEvent> report)
{
    /// <summary>So long an open push stream waits for the next push: longer than somebody pauses who is at work.</summary>
    private static readonly TimeSpan StreamRest = TimeSpan.FromSeconds(10);

    /// <summary>So long a type that was added is read at a time.</summary>
    private static readonly TimeSpan FillSlice = TimeSpan.FromSeconds(5);

    /// <summary>A read that is served by something behind the server's head; it must catch up within a few.</summary>
    private const int MaxPullsForOwnWrites = 3;

    /// <exception cref="SyncException">Why the session cannot go on.</exception>
    public async Task RunAsync(bool watch, CancellationToken cancellationToken)
    {
        try
        {
            var grant = await OpenAsync(cancellationToken) with { Reused = true };
            while (watch)
            {
                try
                {
                    await WatchAsync(grant, cancellationToken);
                    await SyncAsync(grant, cancellationToken);
                }
                catch (SyncException refused) when (refused.Fault is { OtherLineage: true })
                {
                    // The server was restored while this session was open. What was pushed on its stream was another history's.
                    await parts.Pump.CutAsync();
                    parts.Handshaker.Forget();
                    grant = await OpenAsync(cancellationToken) with { Reused = true };
                }
            }

            await parts.Pump.EndAsync(cancellationToken);
        }
        finally
        {
            await parts.Pump.CutAsync();
        }
    }

    /// <summary>The handshake and the first full sync.</summary>
    private async Task<SessionGrant> OpenAsync(CancellationToken cancellationToken)
    {
        var grant = await parts.Handshaker.OpenAsync(cancellationToken);
        try
        {
            await SyncAsync(grant, cancellationToken);
            return grant;
        }
        catch (SyncException refused) when (refused.Fault is { OtherLineage: true } || (grant.Reused && refused.Fault is { NeedsHandshake: true }))
        {
            // The server has forgotten an earlier handshake, or was restored right after this one; that is no fault of this session.
            await parts.Pump.CutAsync();
            parts.Handshaker.Forget();
        }

        grant = await parts.Handshaker.OpenAsync(cancellationToken);
        await SyncAsync(grant, cancellationToken);
        return grant;
    }

    /// <summary>
    /// Pushes all that is pending and pulls to the head, both at once: what the server does not take never keeps its changes away.
    /// </summary>
    private async Task SyncAsync(SessionGrant grant, CancellationToken cancellationToken)
    {
        report(new SchedulerEvent.SyncStarted());
        // From here to its end no order is given. One that was given as the watch ended is part of this sync, and would
        // otherwise keep out the next one, for whose end the scheduler would wait in vain.
        while (orders.TryRead(out _))
        {
        }

        do await PushAndPullAsync(grant, cancellationToken);
        while (await parts.Reader.FillAsync(grant, FillSlice, cancellationToken));
        await parts.Reconciliation.RunIfDueAsync(grant, cancellationToken);
        await parts.Status.NoteCurrentAsync(cancellationToken);
        report(new SchedulerEvent.SyncFinished());
    }

    private async Task PushAndPullAsync(SessionGrant grant, CancellationToken cancellationToken)
    {
        var push = parts.Pump.PushAsync(grant, cancellationToken);
        await Together.RunAsync(push, parts.Reader.PullAsync(grant, cancellationToken), cancellationToken);
        var pushed = await push;
        for (var pulls = 0; parts.Log.State.Cursor < pushed.HighestSequence; pulls++)
        {
            if (pulls == MaxPullsForOwnWrites)
                throw SyncErrorCodes.DoesNotFit($"complete at {parts.Log.State.Cursor}, after commit {pushed.HighestSequence} was acknowledged");
            await parts.Reader.PullAsync(grant, cancellationToken);
        }

        if (pushed.Failure is { } failure) throw failure;
    }

    /// <summary>Returns when a full sync is due.</summary>
    private Task WatchAsync(SessionGrant grant, CancellationToken cancellationToken) => Together.RunUntilFirstAsync(
        token => parts.Reader.WatchAsync(grant, () => parts.Status.NoteCurrentAsync(token), () => parts.Reconciliation.IsDriftDue, token),
        token => ObeyAsync(grant, token),
        cancellationToken);

    private async Task ObeyAsync(SessionGrant grant, CancellationToken cancellationToken)
    {
        while (await NextOrderAsync(cancellationToken) == SessionOrder.Push)
        {
            var pushed = await parts.Pump.PushAsync(grant, cancellationToken);
            if (pushed.Failure is { } failure) throw failure;
            report(new SchedulerEvent.PushFinished(pushed.Remaining));
        }
    }

    private async Task<SessionOrder> NextOrderAsync(CancellationToken cancellationToken)
    {
        var next = orders.ReadAsync(cancellationToken).AsTask();
        if (!parts.Pump.IsOpen) return await next;
        try
        {
            return await next.WaitAsync(StreamRest, parts.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            await parts.Pump.EndAsync(cancellationToken);
        }

        return await next;
    }
}
