using Grpc.Core;
using OrleansSync.Protocol.V1;
using PushRequest = OrleansSync.Protocol.Encoded.PushRequest;
using PushUnaryRequest = OrleansSync.Protocol.Encoded.PushUnaryRequest;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace OrleansSync.Gateway.Services;

/// <summary>The service of devices, as gRPC binds it: what it generates from the contract, but for the messages of pushes.</summary>
[BindServiceMethod(typeof(SyncCalls), nameof(BindService))]
internal abstract class SyncCalls
{
    /// <summary>gRPC's reflection looks for it.</summary>
    public static ServiceDescriptor Descriptor => Sync.Descriptor;

    public static void BindService(ServiceBinderBase binder, SyncCalls? service)
    {
        // Without a service: its methods are found by their names.
        binder.AddMethod(SyncMethods.Handshake, service is null ? null! : service.Handshake);
        binder.AddMethod(SyncMethods.Push, service is null ? null! : service.Push);
        binder.AddMethod(SyncMethods.PushUnary, service is null ? null! : service.PushUnary);
        binder.AddMethod(SyncMethods.Pull, service is null ? null! : service.Pull);
        binder.AddMethod(SyncMethods.Watch, service is null ? null! : service.Watch);
        binder.AddMethod(SyncMethods.Reconcile, service is null ? null! : service.Reconcile);
    }

    public abstract Task<HandshakeResponse> Handshake(HandshakeRequest request, ServerCallContext context);

    public abstract Task Push(IAsyncStreamReader<PushRequest> requestStream, IServerStreamWriter<PushResponse> responseStream, ServerCallContext context);

    public abstract Task<PushUnaryResponse> PushUnary(PushUnaryRequest request, ServerCallContext context);

    public abstract Task Pull(PullRequest request, IServerStreamWriter<PullResponse> responseStream, ServerCallContext context);

    public abstract Task Watch(WatchRequest request, IServerStreamWriter<WatchResponse> responseStream, ServerCallContext context);

    public abstract Task Reconcile(ReconcileRequest request, IServerStreamWriter<ReconcileResponse> responseStream, ServerCallContext context);
}
