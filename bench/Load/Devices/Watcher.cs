using Grpc.Core;
using Grpc.Net.Client;
using OrleansSync.Bench.Load.Workloads;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>A device that is connected and up to date, and waits for what others write.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    private Task _reading = Task.CompletedTask;

    private Watcher(string user, AsyncServerStreamingCall<WatchResponse> call) => (User, Call) = (user, call);

    public string User { get; }

    /// <summary>Its stream, to be read by one only.</summary>
    public AsyncServerStreamingCall<WatchResponse> Call { get; }

    /// <summary>Returns when the server has said that nothing is missing.</summary>
    public static async Task<Watcher> OpenAsync(GrpcChannel channel, string user, CancellationToken cancellationToken)
    {
        var device = new WireDevice(channel, user);
        await device.OpenAsync(cancellationToken);
        var watcher = new Watcher(user, device.Watch(device.Cursor, cancellationToken));
        var complete = false;
        while (!complete)
        {
            var page = await watcher.NextAsync(cancellationToken);
            Check.Equal(0, page.Rows.Count, $"Rows on a watch of {user} that begins");
            complete = page.Complete;
        }

        return watcher;
    }

    /// <summary>Reads as a device of someone who does nothing: no row may come, and the stream must stand.</summary>
    public void Idle(CancellationToken cancellationToken)
    {
        _reading = IdleAsync();

        async Task IdleAsync()
        {
            while (true) Check.Equal(0, (await NextAsync(cancellationToken)).Rows.Count, $"Rows on the watch of {User}, who wrote nothing");
        }
    }

    /// <summary>Still nothing has come, and the stream stands.</summary>
    public Task VerifyIdleAsync() => _reading.IsCompleted ? _reading : Task.CompletedTask;

    /// <summary>Reads until so many rows are there and may be shown.</summary>
    public Task<Dictionary<string, Row>> ReadAsync(int rows, CancellationToken cancellationToken)
    {
        var reading = ReadRowsAsync();
        _reading = reading;
        return reading;

        async Task<Dictionary<string, Row>> ReadRowsAsync()
        {
            var found = new Dictionary<string, Row>();
            var complete = true;
            while (found.Count < rows || !complete)
            {
                var page = await NextAsync(cancellationToken);
                foreach (var row in page.Rows) found[row.EntityId] = row;
                complete = page.Complete;
            }

            return found;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Call.Dispose();
        // It ends with the stream; what it met otherwise was looked at before.
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<Page> NextAsync(CancellationToken cancellationToken) => await Call.ResponseStream.MoveNext(cancellationToken)
        ? Call.ResponseStream.Current.Page
        : throw new BenchException($"A watch of {User} ended.");
}
