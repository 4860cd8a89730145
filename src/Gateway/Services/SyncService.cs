using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Authentication;
using OrleansSync.Gateway.Errors;
using OrleansSync.Gateway.Push;
using OrleansSync.Gateway.Reconcile;
using OrleansSync.Gateway.Watch;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol.V1;
using Limits = OrleansSync.Core.Limits;
using PushRequest = OrleansSync.Protocol.Encoded.PushRequest;
using PushUnaryRequest = OrleansSync.Protocol.Encoded.PushUnaryRequest;

namespace OrleansSync.Gateway.Services;

/// <summary>The calls of a device. Each checks the message, opens what it needs, and leaves the work to its stream.</summary>
internal sealed class SyncService(
    Handshakes handshakes,
    StatusReports reports,
    WatchHub hub,
    FeedReader feed,
    Pages pages,
    Reconciler reconciler,
    WatchMetrics metrics,
    IGrainFactory grains,
    SyncSchema schema,
    Limits limits,
    IHostApplicationLifetime lifetime,
    ILogger<SyncService> logger) : SyncCalls
{
    public override Task<HandshakeResponse> Handshake(HandshakeRequest request, ServerCallContext context) =>
        handshakes.OpenAsync(CallGate.CallerOf(context), request);

    public override async Task Push(
        IAsyncStreamReader<PushRequest> requestStream, IServerStreamWriter<PushResponse> responseStream, ServerCallContext context)
    {
        var caller = CallGate.CallerOf(context);
        var messages = new PushMessages(requestStream);
        using var opening = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var open = await messages.OpenAsync(opening.Token);
        var status = open.Status is null ? null : Handshakes.StatusOf(open.Status, "open.status");
        using var connection = await hub.ConnectWriterAsync(caller, Requests.Session(open.Session, "open.session"), context.CancellationToken);
        if (status is not null) reports.Report(caller, connection.Device, status);
        Log.PushOpened(logger);
        var intake = IntakeOf(caller, connection);
        var stream = new PushStream(messages, responseStream, intake, limits.BatchesInFlight, logger);
        await connection.RunAsync(ended => stream.RunAsync(ended, context.CancellationToken));
    }

    public override async Task<PushUnaryResponse> PushUnary(PushUnaryRequest request, ServerCallContext context)
    {
        var caller = CallGate.CallerOf(context);
        using var connection = await hub.ConnectWriterAsync(caller, Requests.Session(request.Session, "session"), context.CancellationToken);
        return await UnaryPush.RunAsync(connection, IntakeOf(caller, connection), request.Batch, logger, context.CancellationToken);
    }

    public override async Task Pull(PullRequest request, IServerStreamWriter<PullResponse> responseStream, ServerCallContext context)
    {
        var caller = CallGate.CallerOf(context);
        var session = Requests.Session(request.Session, "session");
        var position = Requests.Position(caller.Scope, session.Device, request.Cursor, request.Types_, limits);
        // The first page is read while the session is looked at. It goes nowhere unless that is the device's.
        var first = feed.BeginAsync(position, [.. request.PageToken.Span]);
        using var connection = await hub.ConnectAsync(caller, session, context.CancellationToken);
        connection.Holds(position);
        try
        {
            await connection.RunAsync(async ended =>
            {
                await foreach (var page in feed.ReadAsync(position, first, ended))
                {
                    foreach (var part in pages.Of(page)) await responseStream.WriteUntilAsync(new PullResponse { Page = part }, ended);
                    if (!page.Complete) continue;
                    connection.Sent(page.Lineage, page.Head);
                    Log.GapSent(logger, page.Head, connection.Device.Value);
                }
            });
        }
        finally
        {
            reports.Ended(caller, connection);
        }
    }

    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchResponse> responseStream, ServerCallContext context)
    {
        var caller = CallGate.CallerOf(context);
        var session = Requests.Session(request.Session, "session");
        var position = Requests.Position(caller.Scope, session.Device, request.Cursor, request.Types_, limits);
        using var connection = await hub.ConnectAsync(caller, session, context.CancellationToken);
        var stream = new WatchStream(position, feed, pages, connection, responseStream, metrics, logger);
        connection.Holds(position);
        metrics.Opened();
        try
        {
            await connection.RunAsync(stream.RunAsync);
        }
        finally
        {
            metrics.Closed();
            reports.Ended(caller, connection);
        }
    }

    public override async Task Reconcile(
        ReconcileRequest request, IServerStreamWriter<ReconcileResponse> responseStream, ServerCallContext context)
    {
        var caller = CallGate.CallerOf(context);
        var session = Requests.Session(request.Session, "session");
        using var connection = await hub.ConnectAsync(caller, session, context.CancellationToken);
        await connection.RunAsync(ended => reconciler.AnswerAsync(caller.Scope, session.Device, request, responseStream, ended));
    }

    private BatchIntake IntakeOf(Caller caller, DeviceConnection connection) => new(
        new WatchedPush(grains.GetGrain<IUserGrain>(caller.User), connection.Scope, hub).PushAsync, connection.Device, schema, limits, logger);
}
