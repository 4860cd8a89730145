using Grpc.Core;

namespace OrleansSync.Gateway.Services;

/// <summary>Writing to streams that may have to end with a status.</summary>
internal static class StreamWriting
{
    /// <summary>
    /// Writes a message, and waits until the transport has taken it or the stream must end. The token does not reach the
    /// write itself: there it would cancel the whole call, and the device would see a reset instead of the status.
    /// </summary>
    public static Task WriteUntilAsync<T>(this IServerStreamWriter<T> stream, T message, CancellationToken ended)
    {
        ended.ThrowIfCancellationRequested();
        return stream.WriteAsync(message, CancellationToken.None).WaitAsync(ended);
    }
}
