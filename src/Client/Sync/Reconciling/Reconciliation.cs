using Microsoft.Extensions.Logging;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Transport;

namespace OrleansSync.Client.Sync.Reconciling;

/// <summary>
/// Compares the rows of the local database with the server's and mends what differs: where it is due, or somebody has asked. It is part of
/// a full sync, after its pull: no page comes in meanwhile. Writes of the app do.
/// </summary>
internal sealed class Reconciliation(
    GatewayConnection connection, ServerRows rows, ChangeReader reader, StatusTracker status, SyncStoreOptions options, ILogger logger)
{
    // Where others write all the time, the head is another one each time; the levels below the first one do not mind.
    private const int MaxPulls = 3;

    private readonly ReconcileSchedule _schedule = new(options.ReconcilePeriod, options.TimeProvider);

    public ReconcileRequests Requests { get; } = new();

    /// <summary>A digest differs, and it is time to look into it.</summary>
    public bool IsDriftDue => rows.Drifted.Count > 0 && _schedule.IsDue(drifted: true, rows.ReconciledAt);

    /// <exception cref="SyncException">The gateway could not be reached or refused. What was mended stays so.</exception>
    public async Task RunIfDueAsync(SessionGrant grant, CancellationToken cancellationToken)
    {
        var waiting = Requests.Take();
        if (waiting.Count == 0 && !_schedule.IsDue(rows.Drifted.Count > 0, rows.ReconciledAt)) return;
        _schedule.NoteRun();
        try
        {
            var report = await RunAsync(grant, cancellationToken);
            foreach (var request in waiting) request.TrySetResult(report);
        }
        catch (SyncException failure) when (failure.Code == SyncErrorCodes.NotServed)
        {
            // A server of an earlier version: everything else goes on.
            Log.ReconcileNotServed(logger);
            foreach (var request in waiting) request.TrySetException(failure);
        }
        finally
        {
            status.SetReconciling(null);
        }
    }

    private async Task<ReconcileReport> RunAsync(SessionGrant grant, CancellationToken cancellationToken)
    {
        var total = rows.Held.Types.Sum(static type => type.Digest.Rows);
        status.SetReconciling(new SyncProgress(0, total));
        // Reading blocks, for as long as there are rows.
        var wrong = await Task.Run(() => rows.CountAsync(Tell, cancellationToken), cancellationToken);
        if (wrong.Count > 0) Log.DigestsCorrected(logger, string.Join(", ", wrong));
        var (held, calls, differing, bytes) = await CompareAsync(grant, cancellationToken);
        var (mended, dropped) = (0, 0);
        foreach (var type in differing)
        {
            var comparison = new TypeComparison(rows, calls, held, type);
            await Task.Run(() => comparison.RunAsync(cancellationToken), cancellationToken);
            (mended, dropped) = (mended + comparison.Mended, dropped + comparison.Dropped);
        }

        var report = new ReconcileReport(
            held.Types.Length, held.Types.Sum(static type => type.Digest.Rows), mended, dropped, bytes + calls.Bytes);
        await rows.FinishAsync(report, options.TimeProvider.GetUtcNow(), cancellationToken);
        Log.Reconciled(logger, report.Types, report.Rows, report.Mended, report.Dropped, report.Bytes);
        return report;

        void Tell(long read) => status.SetReconciling(new SyncProgress(read, Math.Max(read, total)));
    }

    /// <summary>The digests, at a cursor that is the server's head; where that cannot be had, every type is looked into.</summary>
    private async Task<(HeldDigests Held, ReconcileCalls Calls, IReadOnlyList<string> Differing, long Bytes)> CompareAsync(
        SessionGrant grant, CancellationToken cancellationToken)
    {
        for (var (pulls, bytes) = (0, 0L); ; pulls++)
        {
            var held = rows.Held;
            var calls = new ReconcileCalls(connection, grant, held);
            if (await calls.CompareAsync(cancellationToken) is { } differing) return (held, calls, differing, bytes);
            if (pulls == MaxPulls) return (held, calls, [.. held.Types.Select(static type => type.Type)], bytes);
            bytes += calls.Bytes;
            await reader.PullAsync(grant, cancellationToken);
        }
    }
}
