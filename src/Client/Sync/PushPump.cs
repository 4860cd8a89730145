using Microsoft.Extensions.Logging;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Transport;
using OrleansSync.Core;
using OperationBatch = OrleansSync.Client.OpLog.OperationBatch;

namespace OrleansSync.Client.Sync;

/// <summary>
/// Sends what is pending, and decides what a failed stream means for the operations on it. No answer: they return to
/// PENDING, and nothing is counted. A status that names an operation: that one is refused for good, the rest goes again
/// at once. Another answer of the server: it stands against the first unacknowledged batch, because the server answers in
/// order; its entities wait for the next push, the others flow on.
/// </summary>
internal sealed class PushPump(GatewayConnection connection, ILocalLog log, StatusTracker status, ILogger logger)
{
    /// <summary>So many batches refused in one push mean that the server is in trouble, not the batches.</summary>
    private const int MaxFailuresPerPush = 3;

    // Open since an earlier push of the session; one push at a time uses it.
    private PushStream? _stream;

    /// <summary>A stream is open.</summary>
    public bool IsOpen => _stream is { HasEnded: false };

    /// <exception cref="SyncException">The server could not be reached, or serves nothing at the moment.</exception>
    public async Task<PushResult> PushAsync(SessionGrant grant, CancellationToken cancellationToken)
    {
        var through = log.State.Clock;
        // One push at a time: what is in flight now was left by one that the disk kept from returning it.
        if (log.State.AnyInFlight) await log.ReturnToPendingAsync([], cancellationToken);
        while (await log.CompactAsync(cancellationToken) is { } absorbed) Log.Absorbed(logger, absorbed);
        var progress = new PushProgress(through);
        try
        {
            for (var more = true; more && progress.Failures < MaxFailuresPerPush;) more = await TryStreamAsync(grant, progress, cancellationToken);
        }
        finally
        {
            if (progress.Total is not null) status.SetPushing(null);
        }

        var after = await log.RestAsync(cancellationToken);
        // With no answer at all another push would fare no better: what is left waits behind something.
        return new PushResult(progress.HighestSequence, after.AnyPending && progress.Answered > 0, progress.LastFailure);
    }

    /// <summary>Nothing is to be pushed for now: the stream ends on both sides.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_stream is not { } stream) return;
        _stream = null;
        await stream.EndAsync(cancellationToken);
    }

    /// <summary>The session is over, or the stream has failed.</summary>
    public async Task CutAsync()
    {
        if (_stream is not { } stream) return;
        _stream = null;
        await stream.DisposeAsync();
    }

    /// <summary>True: the stream failed over some of its operations, and the others can go on another one.</summary>
    private async Task<bool> TryStreamAsync(SessionGrant grant, PushProgress progress, CancellationToken cancellationToken)
    {
        var run = new PushRun(log, grant, progress, status, logger);
        try
        {
            await run.RunAsync(token => OpenAsync(grant, token), cancellationToken);
            return false;
        }
        catch (SyncException failure) when (failure.Fault is { CountsAgainstOperations: true } && run.Unanswered.Count > 0)
        {
            await CutAsync();
            var blamed = run.Unanswered[0];
            await ReturnAsync(run.Unanswered.Skip(1).SelectMany(static batch => batch.Operations));
            if (failure.Fault.Operation is { } named && named.Index < blamed.Operations.Count)
                await RefuseAsync(blamed, blamed.Operations[named.Index], failure.Code, named.Description);
            else
                await CountAsync(blamed, failure, progress);
            return true;
        }
        catch
        {
            await CutAsync();
            await ReturnAsync(run.Unanswered.SelectMany(static batch => batch.Operations));
            throw;
        }
    }

    private async Task<PushStream> OpenAsync(SessionGrant grant, CancellationToken cancellationToken)
    {
        if (IsOpen && _stream!.Session.Equals(grant.Session)) return _stream;
        await CutAsync();
        return _stream = await PushStream.OpenAsync(connection, grant, cancellationToken);
    }

    private async Task RefuseAsync(OperationBatch batch, Operation refused, string code, string description)
    {
        Log.OperationRefused(logger, refused.Id.Value, code, description);
        await log.RecordFailureAsync([refused.Id], new OperationFailure(code, description, Permanent: true), CancellationToken.None);
        // A transaction shares the fate of each of its operations.
        if (refused.Transaction is null) await ReturnAsync(batch.Operations.Where(operation => operation != refused));
    }

    private async Task CountAsync(OperationBatch batch, SyncException failure, PushProgress progress)
    {
        Log.BatchFailed(logger, failure.Code, batch);
        await log.RecordFailureAsync(
            [.. batch.Operations.Select(static operation => operation.Id)],
            new OperationFailure(failure.Code, failure.Message, Permanent: false),
            CancellationToken.None);
        progress.NoteFailed(batch.Operations, failure);
    }

    /// <summary>Also where the caller has gone: an operation left IN_FLIGHT would wait until the next push.</summary>
    private async Task ReturnAsync(IEnumerable<Operation> operations)
    {
        OperationId[] ids = [.. operations.Select(static operation => operation.Id)];
        if (ids.Length == 0) return;
        Log.ReturnedToPending(logger, ids.Length);
        await log.ReturnToPendingAsync(ids, CancellationToken.None);
    }
}
