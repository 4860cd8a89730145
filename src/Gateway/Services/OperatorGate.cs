using Grpc.Core;
using Grpc.Core.Interceptors;
using OrleansSync.Backend;
using OrleansSync.Gateway.Errors;
using OrleansSync.Silo.Configuration;

namespace OrleansSync.Gateway.Services;

/// <summary>Every call of the admin service passes it, behind <see cref="CallGate"/>: nobody but an operator gets in.</summary>
internal sealed class OperatorGate(ServerSettings settings) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        if (!settings.Operators.IsOn) throw SyncErrors.AdminNotEnabled();
        if (!CallGate.CallerOf(context).IsOperator) throw SyncErrors.NotOperator();
        try
        {
            return await continuation(request, context);
        }
        catch (SyncUnavailableException exception)
        {
            throw SyncErrors.Unavailable(exception.RetryAfter);
        }
        catch (SyncWriteException exception)
        {
            throw SyncErrors.Of(exception.Fault);
        }
    }
}
