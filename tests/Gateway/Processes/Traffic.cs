using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Rpc;
using Grpc.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Processes;

/// <summary>
/// Users who write without pause, each from one device, and do what the protocol asks of them: what is not acknowledged is
/// sent again, as it was, when the server says.
/// </summary>
public sealed class Traffic : IAsyncDisposable
{
    private static readonly TimeSpan BetweenWrites = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<User> _users = [];
    private readonly List<Task> _writing = [];
    private readonly ConcurrentBag<StatusCode> _refusals = [];

    /// <summary>Errors that devices were answered, none of which is more than a retry.</summary>
    public IReadOnlyCollection<StatusCode> Refusals => _refusals;

    public static async Task<Traffic> StartAsync(IReadOnlyList<Sync.SyncClient> gateways, int users)
    {
        var traffic = new Traffic();
        for (var i = 0; i < users; i++)
        {
            traffic._users.Add(new User(await OpenAsync(gateways[i % gateways.Count]), gateways, i));
        }

        foreach (var user in traffic._users) traffic._writing.Add(Task.Run(() => traffic.WriteAsync(user)));
        await traffic.GoesOnAsync();
        return traffic;
    }

    /// <summary>Every user gets another write acknowledged; answers how long the last of them took.</summary>
    public async Task<TimeSpan> GoesOnAsync()
    {
        var before = _users.ToDictionary(static user => user, static user => user.Acknowledged);
        return await Eventually.IsAsync(
            async () =>
            {
                // What a device cannot go on after ends its loop.
                foreach (var ended in _writing.Where(static writing => writing.IsCompleted)) await ended;
                return _users.TrueForAll(user => user.Acknowledged > before[user]);
            },
            Patience,
            "every user's writes go on");
    }

    /// <summary>The longest that any user has waited for an acknowledgement since the last call.</summary>
    public TimeSpan TakeLongestPause()
    {
        var longest = _users.Max(static user => user.LongestPause);
        foreach (var user in _users) user.LongestPause = TimeSpan.Zero;
        return longest;
    }

    /// <summary>Ends the writing; each user's counter is what was acknowledged, and not one more.</summary>
    public async Task CheckAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writing);
        foreach (var user in _users)
        {
            var row = (await user.Device.PullAsync()).Row("tasks", "count");
            Assert.Equal($"{user.Acknowledged}", Pulled.Value(row, "minutes"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static async Task<TestDevice> OpenAsync(Sync.SyncClient gateway)
    {
        while (true)
        {
            try
            {
                return await TestDevice.OpenAsync(gateway, SharedServer.NewUser());
            }
            catch (RpcException exception) when (StatusAssert.Detail<RetryInfo>(exception)?.RetryDelay.ToTimeSpan() is { } delay)
            {
                // A silo that has only just joined may still be finding its place.
                await Task.Delay(delay);
            }
        }
    }

    private async Task WriteAsync(User user)
    {
        var device = user.Device;
        await PushAsync(user, device.Create("tasks", "count", TestDevice.Increment("minutes", 1)));
        while (!_stop.IsCancellationRequested)
        {
            await PushAsync(user, device.Update("tasks", "count", TestDevice.Increment("minutes", 1)));
            await Task.Delay(BetweenWrites, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PushAsync(User user, Operation operation)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await user.Device.PushAsync(operation);
                break;
            }
            // As the client library has it: with an exception behind it, it was the connection and not the server that ended the call.
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable || exception.Status.DebugException is not null)
            {
                _refusals.Add(exception.StatusCode);
                // A connection that cannot be made has no details; another gateway may have one.
                if (StatusAssert.Detail<RetryInfo>(exception)?.RetryDelay.ToTimeSpan() is { } delay) await Task.Delay(delay);
                else user.UseAnotherGateway();
            }
        }

        if (clock.Elapsed > user.LongestPause) user.LongestPause = clock.Elapsed;
        user.Acknowledged++;
    }

    private sealed class User(TestDevice device, IReadOnlyList<Sync.SyncClient> gateways, int gateway)
    {
        private int _gateway = gateway;

        public TestDevice Device { get; } = device;

        public long Acknowledged { get; set; }

        public TimeSpan LongestPause { get; set; }

        public void UseAnotherGateway() => Device.Sync = gateways[++_gateway % gateways.Count];
    }
}
