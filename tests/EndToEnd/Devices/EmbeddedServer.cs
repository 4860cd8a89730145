using System.Text.Json.Nodes;
using OrleansSync.Backends;
using OrleansSync.Client;
using OrleansSync.EndToEnd.Tests.GitReplay;

namespace OrleansSync.EndToEnd.Tests.Devices;

/// <summary>A server of a test class, as a process of its own, and devices of users that nobody else is.</summary>
public sealed class EmbeddedServer : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private EmbeddedBackend? _backend;

    public Uri Address => _backend!.Grpc;

    public static string NewUser() => $"dev:u{Guid.NewGuid():n}";

    public async Task InitializeAsync() => _backend =
        await EmbeddedBackend.StartAsync(PathOf("server"), new Dictionary<string, string>(), CancellationToken.None);

    public async Task DisposeAsync()
    {
        if (_backend is not null) await _backend.DisposeAsync();
        _folder.Dispose();
    }

    public string PathOf(string name) => _folder.Of(name);

    /// <summary>A device that syncs on request.</summary>
    /// <param name="token">The user's.</param>
    /// <param name="path">Its file; <c>null</c>: a new one.</param>
    /// <param name="change">Other options.</param>
    public Task<SyncStore> OpenAsync(string token, string? path = null, Func<SyncStoreOptions, SyncStoreOptions>? change = null)
    {
        var options = new SyncStoreOptions
        {
            DatabasePath = path ?? PathOf($"{Guid.NewGuid():n}.db"),
            Gateway = Address,
            Credentials = new OneToken(token),
            AutoSync = false,
            DeviceName = "test",
        };
        return SyncStore.OpenAsync(change is null ? options : change(options));
    }

    private sealed class OneToken(string token) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => new(refused is null ? token : null);
    }
}

internal static class TestDocuments
{
    public static Task<WriteReceipt> PutAsync(this SyncStore store, string type, string id, string title) =>
        store.Collection(type).PutAsync(new SyncDocument(id, new JsonObject { ["title"] = title }));
}
