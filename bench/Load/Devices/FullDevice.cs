using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>A device with the client library and a database file of its own.</summary>
internal sealed class FullDevice : IAsyncDisposable
{
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
    public async Task<IReadOnlyList<WriteReceipt>> WriteAsync(NoteWrites writes, CancellationToken cancellationToken)
    {
        var receipts = new List<WriteReceipt>(writes.Count);
        // A batch at a time, as an app that imports something. Updates name entities of batches before, so any order will do.
        foreach (var batch in writes.Batches)
            receipts.AddRange(await Task.WhenAll(batch.Select(write => WriteAsync(write, writes.NoteOf(write), cancellationToken))));
        return receipts;
    }

    /// <summary>Syncs until all these writes are acknowledged as applied, as the other clients do; the rest of the sync goes on.</summary>
    /// <returns>The sync: it pulls what came of the writes.</returns>
    public async Task<Task> PushAsync(IReadOnlyList<WriteReceipt> receipts, CancellationToken cancellationToken)
    {
        var sync = Store.SyncNowAsync(cancellationToken);
        var acknowledged = Task.WhenAll(receipts.Select(static receipt => receipt.Outcome));
        // A sync that fails leaves receipts open.
        if (await Task.WhenAny(sync, acknowledged) == sync) await sync;
        foreach (var outcome in await acknowledged.WaitAsync(cancellationToken))
        {
            if (outcome.Kind is not (OutcomeKind.Applied or OutcomeKind.Merged)) throw new BenchException($"A write ended as {outcome}.");
        }

        return sync;
    }

    public Task<WriteReceipt> WriteAsync(NoteWrite write, Note note, CancellationToken cancellationToken) => write.IsCreate
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
