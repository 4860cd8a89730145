using Grpc.Core;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Support;

/// <summary>Reads a watch stream page by page.</summary>
public sealed class WatchReader(AsyncServerStreamingCall<WatchResponse> call) : IDisposable
{
    public async Task<Page> NextAsync()
    {
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None), "A watch does not end by itself.");
        return call.ResponseStream.Current.Page;
    }

    public void Dispose() => call.Dispose();
}
