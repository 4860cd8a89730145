using System.Diagnostics;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Workloads;
using OrleansSync.Core;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>Two devices with the client library, which syncs by itself.</summary>
internal sealed class FullPair : IPair
{
    private readonly FullDevice _writer;
    private readonly FullDevice _watcher;
    private volatile Awaited? _awaited;

    private FullPair(FullDevice writer, FullDevice watcher)
    {
        (_writer, _watcher) = (writer, watcher);
        // The commit that shows it is the moment meant; asking the database again and again would add its own delay.
        _watcher.Store.Database.Changed += OnChanged;
    }

    public static async Task<IPair> OpenAsync(string folder, Uri address, string user, CancellationToken cancellationToken)
    {
        var writer = await FullDevice.OpenAsync(Path.Combine(folder, "writer.db"), address, user, autoSync: true, cancellationToken);
        var watcher = await FullDevice.OpenAsync(Path.Combine(folder, "watcher.db"), address, user, autoSync: true, cancellationToken);
        await writer.Store.SyncNowAsync(cancellationToken);
        await watcher.Store.SyncNowAsync(cancellationToken);
        return new FullPair(writer, watcher);
    }

    public async Task<TimeSpan> WriteAsync(Note note, CancellationToken cancellationToken)
    {
        var awaited = _awaited = new Awaited(new EntityKey(Note.Type, note.Id));
        var started = Stopwatch.GetTimestamp();
        var receipt = await _writer.Notes.PutAsync(note, cancellationToken);
        await awaited.Shown.Task.WaitAsync(cancellationToken);
        var found = await _watcher.Notes.FindAsync(note.Id, cancellationToken);
        var elapsed = Stopwatch.GetElapsedTime(started);

        Check.Equal(note, found, $"Note {note.Id} on the watcher");
        Check.Equal(OutcomeKind.Applied, (await receipt.Outcome.WaitAsync(cancellationToken)).Kind, $"Outcome of note {note.Id}");
        return elapsed;
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _watcher.DisposeAsync();
    }

    private void OnChanged(IReadOnlyList<EntityKey>? keys)
    {
        if (_awaited is { } awaited && keys?.Contains(awaited.Key) != false) awaited.Shown.TrySetResult();
    }

    private sealed record Awaited(EntityKey Key)
    {
        public TaskCompletionSource Shown { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
