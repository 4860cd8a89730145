using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Gateway.Watch;
using OrleansSync.Grains.Contracts;
using Wire = OrleansSync.Protocol.V1;

namespace OrleansSync.Convergence.Tests.Server;

/// <summary>
/// A pull or watch stream of a device. A notice is a hint: it is forwarded only where it continues the cursor exactly;
/// anything else sends the stream to the feed.
/// </summary>
internal sealed class WatchSession(SimulatedServer server, DeviceId device, Duplex<bool, Wire.Page> stream, Faults faults, string gateway)
{
    private static readonly TimeSpan RenewPeriod = TimeSpan.FromSeconds(15);

    // So few that the pages of a run, which are small, have parts.
    private const int MessageRows = 2;

    private readonly Pages _pages = new(server.Schema, MessageRows);
    private readonly Queue<CommitNotice> _notices = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ended;

    public IDisposable Listen(SeededScheduler scheduler)
    {
        var stop = server.Observe(Offer);
        scheduler.Start("renewal", () => RenewAsync(scheduler));
        scheduler.Start("watched stream", WaitForCutAsync);
        return new Listening(() =>
        {
            _ended = true;
            stop();
        });
    }

    public async Task<FeedRequest> PullAsync(FeedRequest request)
    {
        while (true)
        {
            var page = await server.Feed.ReadAsync(server.Scope, request);
            if (ErrorOf(page.Status) is { } error) throw error;
            foreach (var part in _pages.Of(page)) Send(part);
            if (page.Complete) return request with { Lineage = page.Lineage, Sequence = page.Head, PageToken = [] };
            request = request with { PageToken = page.PageToken };
        }
    }

    public async Task WatchAsync(FeedRequest request)
    {
        request = await PullAsync(request);
        while (true)
        {
            while (_notices.TryDequeue(out var notice))
            {
                if (notice.Sequence <= request.Sequence) continue;
                if (notice.Whole && notice.Sequence == request.Sequence + 1 && notice.Lineage == request.Lineage)
                {
                    Send(_pages.Of(notice, new FeedPosition(server.Scope, device, request.Lineage, request.Sequence, [])));
                    request = request with { Sequence = notice.Sequence };
                }
                else
                {
                    request = await PullAsync(request);
                }
            }

            if (_ended) throw new StreamCutException();
            await _more.Task;
            _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void Offer(CommitNotice notice)
    {
        _notices.Enqueue(notice);
        _more.TrySetResult();
    }

    private void Send(Wire.Page page)
    {
        // Once a page, however many parts it has: before the last one.
        if (!page.Continued && faults.Strikes(FaultKind.StreamCut, gateway)) stream.Cut();
        stream.Down.Send(page);
    }

    // A lost notice costs a renewal, not data.
    private async Task RenewAsync(SeededScheduler scheduler)
    {
        while (!_ended)
        {
            await scheduler.DelayAsync(RenewPeriod);
            var state = await server.Store.ReadScopeAsync(server.Scope, CancellationToken.None);
            if (state is not null) Offer(CommitNotice.OfHead(state.Head));
            if ((await server.Store.ListDevicesAsync(server.Scope, CancellationToken.None)).Any(known => known.Device == device && known.Revoked))
                stream.Cut();
        }
    }

    private async Task WaitForCutAsync()
    {
        try
        {
            await stream.Up.NextAsync();
        }
        catch (StreamCutException)
        {
            _ended = true;
            _more.TrySetResult();
        }
    }

    private static Grpc.Core.RpcException? ErrorOf(FeedStatus status) => status switch
    {
        FeedStatus.Ok => null,
        FeedStatus.LineageChanged => SyncErrors.LineageChanged(),
        FeedStatus.CursorExpired => SyncErrors.CursorExpired(),
        FeedStatus.CursorAhead => SyncErrors.CursorAhead(),
        FeedStatus.PageTokenInvalid => SyncErrors.PageTokenInvalid(),
        _ => SyncErrors.Unavailable(SyncErrors.RetryAfterFault),
    };

    private sealed class Listening(Action dispose) : IDisposable
    {
        public void Dispose() => dispose();
    }
}
