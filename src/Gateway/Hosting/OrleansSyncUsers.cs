using Grpc.Core;
using OrleansSync.Backend;
using OrleansSync.Gateway.Authentication;
using OrleansSync.Gateway.Errors;

namespace OrleansSync.Hosting;

/// <summary>Who calls an endpoint of the application's own.</summary>
public static class OrleansSyncUsers
{
    /// <summary>
    /// The user of a request, by the credentials and the rules that a device's call has: whose data it may write and read.
    /// </summary>
    /// <returns><c>null</c>: the request has no credentials, or none that are good.</returns>
    /// <exception cref="SyncUnavailableException">Nobody can tell now, because the authority of the tokens cannot be reached.</exception>
    public static async Task<string?> FindSyncUserAsync(this HttpContext context)
    {
        try
        {
            return (await context.RequestServices.GetRequiredService<UserAuthentication>().AuthenticateAsync(context)).User;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unauthenticated)
        {
            return null;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable)
        {
            throw new SyncUnavailableException(exception.Status.Detail, SyncErrors.RetryAfterFault, exception);
        }
    }
}
