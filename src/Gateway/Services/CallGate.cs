using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Connections;
using OrleansSync.Gateway.Authentication;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Services;

/// <summary>Every call passes it: nobody gets in without credentials, and no fault gets out but as a status with details.</summary>
internal sealed class CallGate(UserAuthentication authentication, IHostApplicationLifetime lifetime, ILogger<CallGate> logger) : Interceptor
{
    private static readonly object CallerKey = new();

    /// <summary>Who the call is from; set before any service code runs.</summary>
    public static Caller CallerOf(ServerCallContext context) => (Caller)context.UserState[CallerKey];

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        PassAsync(context, () => continuation(request, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        PassAsync(context, async () =>
        {
            await continuation(request, responseStream, context);
            return true;
        });

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        PassAsync(context, async () =>
        {
            await continuation(requestStream, responseStream, context);
            return true;
        });

    private async Task<T> PassAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        try
        {
            context.UserState[CallerKey] = await authentication.AuthenticateAsync(context.GetHttpContext());
            return await call();
        }
#pragma warning disable CA1031 // This is where every fault becomes a status.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (StatusFor(exception, context) is { } status) throw status;
            throw;
        }
    }

    /// <summary>The status that stands for a fault; <c>null</c>: it is one already.</summary>
    private RpcException? StatusFor(Exception exception, ServerCallContext context)
    {
        if (exception is RpcException) return null;
        // A connection that breaks may say so with a fault before it cancels the call, which it does on another thread. Nobody reads this status;
        // as a status it is no error in the server's log, which devices that leave must not fill.
        if (exception is IOException or ConnectionAbortedException || context.CancellationToken.IsCancellationRequested) return SyncErrors.DeviceLeft();
        if (exception is OperationCanceledException && lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return SyncErrors.ShuttingDown();
        }

        if (exception is InvalidProtocolBufferException) return SyncErrors.MessageMalformed();
        if (Transient.Is(exception))
        {
            Log.ServerUnavailable(logger, exception, context.Method);
            return SyncErrors.Unavailable(SyncErrors.RetryAfterFault);
        }

        Log.CallFailed(logger, exception, context.Method);
        return SyncErrors.Internal();
    }
}
