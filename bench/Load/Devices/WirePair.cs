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
    private readonly WireDevice _watcher;
    private PushCall? _push;
    private AsyncServerStreamingCall<WatchResponse>? _watch;

    private WirePair(Uri address, string user)
    {
        _channels = [Channels.Open(address), Channels.Open(address)];
        (_writer, _watcher) = (new WireDevice(_channels[0], user), new WireDevice(_channels[1], user));
    }

    public static async Task<IPair> OpenAsync(Uri address, string user, CancellationToken cancellationToken)
    {
        var pair = new WirePair(address, user);
        await pair._writer.OpenAsync(cancellationToken);
        await pair._watcher.OpenAsync(cancellationToken);
        pair._push = await PushCall.OpenAsync(pair._writer, cancellationToken);
        pair._watch = pair._watcher.Watch(pair._watcher.Cursor, cancellationToken);
        return pair;
    }

    public async Task<TimeSpan> WriteAsync(Note note, CancellationToken cancellationToken)
    {
        var batch = new OperationBatch();
        batch.Operations.Add(_writer.OperationOf(new NoteWrite(note.Id, Index: 0, Version: 0), note));
        var started = Stopwatch.GetTimestamp();
        var acknowledged = _push!.SendAsync(batch, cancellationToken);
        Row? row = null;
        Page page;
        do
        {
            if (!await _watch!.ResponseStream.MoveNext(cancellationToken)) throw new BenchException("A watch ended.");
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
        _push?.Dispose();
        _watch?.Dispose();
        foreach (var channel in _channels) channel.Dispose();
        return ValueTask.CompletedTask;
    }
}
