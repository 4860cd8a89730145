using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>A device with the client library and a database file of its own.</summary>
internal sealed class FullDevice : IAsyncDisposable
{
    // As many as an app that imports something has under way; each write is on disk when it returns.
    public const int ConcurrentWrites = 64;

    private FullDevice(SyncStore store)
    {
        Store = store;
        Notes = store.Collection(Note.Type, NoteJson.Default.Note);
    }

    public SyncStore Store { get; }

    public SyncCollection<Note> Notes { get; }

    /// <param name="file">Its database.</param>
    /// <param name="gateway">Where it connects.</param>
    /// <param name="user">Whose it is.</param>
    /// <param name="autoSync">Syncs as soon as something is written, and watches; off: only when told.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="log">Where its log goes; <c>null</c>: nowhere.</param>
    public static async Task<FullDevice> OpenAsync(
        string file, Uri gateway, string user, bool autoSync, CancellationToken cancellationToken, ILoggerFactory? log = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return new FullDevice(await SyncStore.OpenAsync(
            new SyncStoreOptions
            {
                DatabasePath = file,
                Gateway = gateway,
                Credentials = new DevelopmentCredentials(user),
                Schema = new SyncSchema(
                    [new EntitySchema(Note.Type), new EntitySchema("counters").Counter("count")], acceptUndeclared: true),
                AutoSync = autoSync,
                Debounce = TimeSpan.Zero,
                MaxDebounce = TimeSpan.FromSeconds(1),
                LoggerFactory = log ?? NullLoggerFactory.Instance,
            },
            cancellationToken));
    }

    /// <summary>Writes as an app does, in the order that the entities need, until all is on the local disk.</summary>
    public async Task WriteAsync(NoteWrites writes, CancellationToken cancellationToken)
    {
        // Updates name entities of batches before, so within a batch any order will do.
        foreach (var batch in writes.Batches.SelectMany(static batch => batch.Chunk(ConcurrentWrites)))
            await Task.WhenAll(batch.Select(write => WriteAsync(write, writes.NoteOf(write), cancellationToken)));
    }

    public Task WriteAsync(NoteWrite write, Note note, CancellationToken cancellationToken) => write.IsCreate
        ? Notes.PutAsync(note, cancellationToken)
        : Notes.PatchAsync(
            write.Id, patch => patch.Set("title", note.Title).Set("body", note.Body).Set("at", note.At), cancellationToken);

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    /// <summary>The development server takes the user's name as the token.</summary>
    private sealed class DevelopmentCredentials(string user) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) =>
            new(refused is null ? $"dev:{user}" : null);
    }
}
