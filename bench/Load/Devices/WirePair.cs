using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Workloads;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>Two devices that keep nothing, on a connection each.</summary>
internal sealed class WirePair : IPair
{
    private readonly GrpcChannel[] _channels;
    private readonly WireDevice _writer;
    private readonly PushCall _push;
    private readonly AsyncServerStreamingCall<WatchResponse> _watch;

    private WirePair(GrpcChannel[] channels, WireDevice writer, PushCall push, AsyncServerStreamingCall<WatchResponse> watch) =>
        (_channels, _writer, _push, _watch) = (channels, writer, push, watch);

    public static async Task<IPair> OpenAsync(Uri address, string user, CancellationToken cancellationToken)
    {
        var channel = Channels.Open(address);
        var watcher = new WireDevice(channel, user);
        await watcher.OpenAsync(cancellationToken);
        return await OpenAsync(address, user, watcher.Watch(watcher.Cursor, cancellationToken), [channel], cancellationToken);
    }

    /// <summary>A further device of the user writes; what it writes is to come on a watch that stands already, and is closed with the pair.</summary>
    public static Task<IPair> OpenAsync(
        Uri address, string user, AsyncServerStreamingCall<WatchResponse> watch, CancellationToken cancellationToken) =>
        OpenAsync(address, user, watch, [], cancellationToken);

    private static async Task<IPair> OpenAsync(
        Uri address, string user, AsyncServerStreamingCall<WatchResponse> watch, GrpcChannel[] channels, CancellationToken cancellationToken)
    {
        var channel = Channels.Open(address);
        var writer = new WireDevice(channel, user);
        await writer.OpenAsync(cancellationToken);
        return new WirePair([channel, .. channels], writer, await PushCall.OpenAsync(writer, cancellationToken), watch);
    }

    public async Task<TimeSpan> WriteAsync(Note note, CancellationToken cancellationToken)
    {
        var batch = new OperationBatch();
        batch.Operations.Add(_writer.OperationOf(new NoteWrite(note.Id, Index: 0, Version: 0), note));
        var started = Stopwatch.GetTimestamp();
        var acknowledged = _push.SendAsync(batch, cancellationToken);
        Row? row = null;
        Page page;
        do
        {
            if (!await _watch.ResponseStream.MoveNext(cancellationToken)) throw new BenchException("A watch ended.");
            page = _watch.ResponseStream.Current.Page;
            row ??= page.Rows.FirstOrDefault(row => row.EntityId == note.Id);
        }
        // A device may show the rows of a page that is complete, not before.
        while (row is null || !page.Complete);
        var elapsed = Stopwatch.GetElapsedTime(started);

        await acknowledged;
        Check.Row(row, note, "the watcher");
        return elapsed;
    }

    public ValueTask DisposeAsync()
    {
        _push.Dispose();
        _watch.Dispose();
        foreach (var channel in _channels) channel.Dispose();
        return ValueTask.CompletedTask;
    }
}
