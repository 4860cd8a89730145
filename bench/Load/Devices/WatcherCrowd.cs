using System.Diagnostics;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Workloads;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>Many watchers, several a user, that share connections as they would behind a proxy.</summary>
internal sealed class WatcherCrowd : IAsyncDisposable
{
    public const int DevicesPerUser = 10;

    // What HTTP/2 servers commonly allow.
    private const int StreamsPerConnection = 100;
    private const int OpenedAtATime = 64;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly GrpcChannel[] _channels;
    private readonly Watcher?[] _watchers;
    private readonly string _name;

    public WatcherCrowd(Uri address, string name, int watchers)
    {
        _name = name;
        _watchers = new Watcher[watchers];
        var connections = (watchers + StreamsPerConnection - 1) / StreamsPerConnection;
        _channels = [.. Enumerable.Range(0, connections).Select(_ => Channels.Open(address))];
    }

    public IEnumerable<Watcher> All => _watchers.OfType<Watcher>();

    public string UserOf(int watcher) => $"{_name}-{watcher / DevicesPerUser}";

    /// <summary>Opens all, until each of them is up to date.</summary>
    public async Task OpenAsync(Latencies latencies, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        var options = new ParallelOptions { MaxDegreeOfParallelism = OpenedAtATime, CancellationToken = limit.Token };
        try
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, _watchers.Length), options, async (i, opening) =>
            {
                var started = Stopwatch.GetTimestamp();
                // The streams outlive the opening: its token is not theirs.
                _watchers[i] = await Watcher.OpenAsync(_channels[i / StreamsPerConnection], UserOf(i), cancellationToken).WaitAsync(opening);
                latencies.Add(Stopwatch.GetElapsedTime(started));
            });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BenchException($"Of {_watchers.Length} watchers {All.Count()} were up to date within {Limit.TotalSeconds:0} s.");
        }
        catch (RpcException fault) when (IsOutOfSockets(fault.Status.DebugException))
        {
            throw new BenchException(
                $"No more sockets after {All.Count()} of {_watchers.Length} watchers: allow more open files (ulimit -n, now too few for "
                + $"{_channels.Length} connections in this process and in the gateway) and run it again.");
        }

        Check.Equal(_watchers.Length, All.Count(), "Watchers that are up to date");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var watcher in All) await watcher.DisposeAsync();
        foreach (var channel in _channels) channel.Dispose();
    }

    private static bool IsOutOfSockets(Exception? fault) =>
        fault is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable }
        || (fault is not null && IsOutOfSockets(fault.InnerException));
}
