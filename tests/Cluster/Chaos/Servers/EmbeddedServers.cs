using OrleansSync.Backends;
using OrleansSync.Chaos.Checking;

namespace OrleansSync.Chaos.Servers;

/// <summary>The embedded server: one process with a SQLite file.</summary>
internal sealed class EmbeddedServers(EmbeddedBackend backend) : IServers
{
    public IReadOnlyList<BackendProcess> Processes { get; } = [backend.Process];

    public IReadOnlyList<int> GatewayPorts { get; } = [backend.Grpc.Port];

    public IDatabaseServer? Database => null;

    public static async Task<EmbeddedServers> StartAsync(
        string folder, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken) =>
        new(await EmbeddedBackend.StartAsync(folder, settings, cancellationToken));

    public Task<IReadOnlyDictionary<string, ServerScope>> ReadAsync(CancellationToken cancellationToken) =>
        SqliteScopes.ReadAsync(Path.Combine(backend.DataFolder, "sync.db"), cancellationToken);

    public ValueTask DisposeAsync() => backend.DisposeAsync();
}
