using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansSync.Backends;

/// <summary>
/// The embedded backend (gateway, silo and SQLite in one process) as a child process on free ports of the loopback. It
/// can be killed at any instant and started again on the same data folder and ports.
/// </summary>
public sealed partial class EmbeddedBackend : IBackend
{
    private readonly BackendProcess _process;

    private EmbeddedBackend(string dataFolder, IReadOnlyDictionary<string, string> settings)
    {
        DataFolder = dataFolder;
        var ports = FreePorts.Take(2);
        Grpc = new Uri($"http://127.0.0.1:{ports[0]}");
        Http = new Uri($"http://127.0.0.1:{ports[1]}");
        _process = new BackendProcess(new BackendStart
        {
            Name = "embedded backend",
            Assembly = BackendFiles.GatewayAssembly,
            Ready = ReadyLine(),
            Environment = EnvironmentOf(settings),
        });
    }

    public string DataFolder { get; }

    /// <summary>For devices.</summary>
    public Uri Grpc { get; }

    /// <summary>For health checks and pages.</summary>
    public Uri Http { get; }

    public IReadOnlyList<Uri> Addresses => [Grpc];

    public string Description => $"embedded, process {ProcessId}";

    public string Victim => "the server";

    public BackendProcess Process => _process;

    /// <summary>Of the process that runs now, or ran last.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Starts the backend and returns when it is ready.</summary>
    /// <exception cref="BackendException">It ended, or was not ready in time; the message holds what it printed last.</exception>
    public static Task<EmbeddedBackend> StartAsync(string dataFolder, CancellationToken cancellationToken) =>
        StartAsync(dataFolder, ImmutableDictionary<string, string>.Empty, cancellationToken);

    /// <inheritdoc cref="StartAsync(string, CancellationToken)"/>
    /// <param name="dataFolder">Created when absent.</param>
    /// <param name="settings">More keys of the configuration's section OrleansSync, such as <c>Entities:tasks:Fields:minutes</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<EmbeddedBackend> StartAsync(
        string dataFolder, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(dataFolder);
        var backend = new EmbeddedBackend(Path.GetFullPath(dataFolder), settings);
        try
        {
            await backend.RestartAsync(cancellationToken);
            return backend;
        }
        catch
        {
            await backend.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again, on the same data and ports, after <see cref="Kill"/>.</summary>
    public Task RestartAsync(CancellationToken cancellationToken) => _process.StartAsync(cancellationToken);

    /// <summary>Ends the process as a power cut would (SIGKILL); returns when it is gone.</summary>
    public void Kill() => _process.Kill();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private Dictionary<string, string> EnvironmentOf(IReadOnlyDictionary<string, string> settings)
    {
        var environment = new Dictionary<string, string>
        {
            ["DOTNET_ENVIRONMENT"] = "Development",
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["Logging__LogLevel__Default"] = "Warning",
            ["OrleansSync__Storage__Provider"] = "Sqlite",
            ["OrleansSync__Storage__Path"] = DataFolder,
            ["OrleansSync__Ports__Grpc"] = Grpc.Port.ToString(CultureInfo.InvariantCulture),
            ["OrleansSync__Ports__Http"] = Http.Port.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (key, value) in settings) environment["OrleansSync__" + key.Replace(":", "__", StringComparison.Ordinal)] = value;
        return environment;
    }

    [GeneratedRegex(@"^OrleansSync ready: grpc=\S+ http=\S+ data=", RegexOptions.CultureInvariant)]
    private static partial Regex ReadyLine();
}
