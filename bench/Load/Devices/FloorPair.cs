using System.Diagnostics;
using System.Text;
using Grpc.Core;
using OrleansSync.Bench.Floor.V1;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Workloads;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>Two clients of the hand-written endpoint, on a connection each.</summary>
internal sealed class FloorPair : IPair
{
    private readonly string _user;
    private readonly IDisposable[] _channels;
    private readonly AsyncDuplexStreamingCall<PushRequest, PushResponse> _push;
    private readonly AsyncServerStreamingCall<WatchResponse> _watch;

    private FloorPair(Uri address, string user, CancellationToken cancellationToken)
    {
        var (writer, watcher) = (Channels.Open(address), Channels.Open(address));
        (_user, _channels) = (user, [writer, watcher]);
        _watch = new FloorDevice(watcher, user).Client.Watch(new WatchRequest { User = user }, cancellationToken: cancellationToken);
        _push = new FloorDevice(writer, user).Client.Push(cancellationToken: cancellationToken);
    }

    public static async Task<IPair> OpenAsync(Uri address, string user, CancellationToken cancellationToken)
    {
        var pair = new FloorPair(address, user, cancellationToken);
        // The first one says that the watch stands; what was written before would not be seen.
        Check.Equal(0, (await pair.NextAsync(cancellationToken)).Rows.Count, "Rows of a watch that begins");
        return pair;
    }

    public async Task<TimeSpan> WriteAsync(Note note, CancellationToken cancellationToken)
    {
        var request = new PushRequest { User = _user };
        request.Writes.Add(FloorDevice.WriteOf(note.Id, note));
        var started = Stopwatch.GetTimestamp();
        await _push.RequestStream.WriteAsync(request, cancellationToken);
        Row? row;
        do row = (await NextAsync(cancellationToken)).Rows.FirstOrDefault(row => row.EntityId == note.Id);
        while (row is null);
        var elapsed = Stopwatch.GetElapsedTime(started);

        if (!await _push.ResponseStream.MoveNext(cancellationToken)) throw new BenchException("The floor ended a push.");
        Check.Equal(1, _push.ResponseStream.Current.Applied, "Writes applied");
        Check.Equal(Encoding.UTF8.GetString(note.ToJson()), row.Document.ToStringUtf8(), $"Note {note.Id} on the watch of the floor");
        return elapsed;
    }

    public ValueTask DisposeAsync()
    {
        _push.Dispose();
        _watch.Dispose();
        foreach (var channel in _channels) channel.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<WatchResponse> NextAsync(CancellationToken cancellationToken) =>
        await _watch.ResponseStream.MoveNext(cancellationToken)
            ? _watch.ResponseStream.Current
            : throw new BenchException("The floor ended a watch.");
}
