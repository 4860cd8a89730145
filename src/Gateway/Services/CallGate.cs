using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using OrleansSync.Gateway.Authentication;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Services;

/// <summary>Every call passes it: nobody gets in without credentials, and no fault gets out but as a status with details.</summary>
/// <remarks>A watch stays in here for as long as its device is connected: one awaiting method a call, and no closure.</remarks>
internal sealed class CallGate(UserAuthentication authentication, IHostApplicationLifetime lifetime, ILogger<CallGate> logger) : Interceptor
{
    /// <summary>Who the call is from; set before any service code runs.</summary>
    public static Caller CallerOf(ServerCallContext context) => context.GetHttpContext().Features.GetRequiredFeature<Caller>();

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await EnterAsync(context);
            return await continuation(request, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw StatusFor(exception, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await EnterAsync(context);
            await continuation(request, responseStream, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw StatusFor(exception, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await EnterAsync(context);
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw StatusFor(exception, context);
        }
    }

    private async ValueTask EnterAsync(ServerCallContext context)
    {
        var http = context.GetHttpContext();
        http.Features.Set(await authentication.AuthenticateAsync(http));
    }

    /// <summary>The status that stands for a fault.</summary>
    private RpcException StatusFor(Exception exception, ServerCallContext context)
    {
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
