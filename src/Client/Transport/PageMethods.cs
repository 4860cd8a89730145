using Grpc.Core;
using OrleansSync.Protocol.Encoded;
using V1 = OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Transport;

/// <summary>The calls that bring pages, as a device makes them: rows come as bytes.</summary>
internal static class PageMethods
{
    public static Method<V1.PullRequest, PullResponse> Pull { get; } =
        SyncMethod.Of(MethodType.ServerStreaming, nameof(Pull), V1.PullRequest.Parser, PullResponse.Parser);

    public static Method<V1.WatchRequest, WatchResponse> Watch { get; } =
        SyncMethod.Of(MethodType.ServerStreaming, nameof(Watch), V1.WatchRequest.Parser, WatchResponse.Parser);

    public static Method<V1.ReconcileRequest, ReconcileResponse> Reconcile { get; } =
        SyncMethod.Of(MethodType.ServerStreaming, nameof(Reconcile), V1.ReconcileRequest.Parser, ReconcileResponse.Parser);
}
