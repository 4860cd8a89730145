using Grpc.Core;
using OrleansSync.Protocol.Encoded;
using V1 = OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Services;

/// <summary>The calls of <see cref="V1.Sync"/> as a server serves them: operations come as bytes.</summary>
internal static class SyncMethods
{
    public static Method<V1.HandshakeRequest, V1.HandshakeResponse> Handshake { get; } =
        SyncMethod.Of(MethodType.Unary, nameof(Handshake), V1.HandshakeRequest.Parser, V1.HandshakeResponse.Parser);

    public static Method<PushRequest, V1.PushResponse> Push { get; } =
        SyncMethod.Of(MethodType.DuplexStreaming, nameof(Push), PushRequest.Parser, V1.PushResponse.Parser);

    public static Method<PushUnaryRequest, V1.PushUnaryResponse> PushUnary { get; } =
        SyncMethod.Of(MethodType.Unary, nameof(PushUnary), PushUnaryRequest.Parser, V1.PushUnaryResponse.Parser);

    public static Method<V1.PullRequest, V1.PullResponse> Pull { get; } =
        SyncMethod.Of(MethodType.ServerStreaming, nameof(Pull), V1.PullRequest.Parser, V1.PullResponse.Parser);

    public static Method<V1.WatchRequest, V1.WatchResponse> Watch { get; } =
        SyncMethod.Of(MethodType.ServerStreaming, nameof(Watch), V1.WatchRequest.Parser, V1.WatchResponse.Parser);

    public static Method<V1.ReconcileRequest, V1.ReconcileResponse> Reconcile { get; } =
        SyncMethod.Of(MethodType.ServerStreaming, nameof(Reconcile), V1.ReconcileRequest.Parser, V1.ReconcileResponse.Parser);
}
