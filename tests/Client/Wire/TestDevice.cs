using System.Text.Json.Nodes;

namespace OrleansSync.Client.Tests.Wire;

/// <summary>A device of a test: a store in a folder of its own.</summary>
internal sealed class TestDevice : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly SyncStoreOptions _options;

    private TestDevice(DirectoryInfo folder, SyncStoreOptions options, RecordingLoggers logs, SyncStore store)
    {
        (_folder, _options, Logs, Store) = (folder, options, logs, store);
        Tasks = store.Collection("tasks");
    }

    public RecordingLoggers Logs { get; }

    public SyncStore Store { get; private set; }

    public SyncCollection<SyncDocument> Tasks { get; private set; }

    public static async Task<TestDevice> OpenAsync(Uri gateway, Func<SyncStoreOptions, SyncStoreOptions>? change = null)
    {
        var folder = Directory.CreateTempSubdirectory("orleanssync-client-");
        var logs = new RecordingLoggers();
        var options = new SyncStoreOptions
        {
            DatabasePath = Path.Combine(folder.FullName, "app.db"),
            Gateway = gateway,
            Credentials = new FixedToken("dev:ada"),
            AutoSync = false,
            DeviceName = "test",
            LoggerFactory = logs,
        };
        if (change is not null) options = change(options);
        return new TestDevice(folder, options, logs, await SyncStore.OpenAsync(options));
    }

    /// <summary>Closes the store and opens it again, as after a restart of the app.</summary>
    public async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Store = await SyncStore.OpenAsync(_options);
        Tasks = Store.Collection("tasks");
    }

    public Task<WriteReceipt> PutAsync(string id, string title) => Tasks.PutAsync(new SyncDocument(id, new JsonObject { ["title"] = title }));

    public async Task<string?> TitleAsync(string id) => (await Tasks.FindAsync(id))?.Fields["title"]?.GetValue<string>();

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _folder.Delete(recursive: true);
        Assert.Empty(Logs.Errors);
    }
}

internal sealed class FixedToken(string token) : ISyncCredentials
{
    public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => new(refused == token ? null : token);
}
