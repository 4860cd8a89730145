using System.Reflection;
using System.Text.RegularExpressions;
using OrleansSync.Backends;
using OrleansSync.Bench.Load.Processes;

namespace OrleansSync.Bench.Load.Systems;

/// <summary>The hand-written endpoint as a process of its own.</summary>
internal sealed partial class FloorServer : IAsyncDisposable
{
    private readonly BackendProcess _process;

    private FloorServer(BackendProcess process, Uri address, IReadOnlyList<MeasuredProcess> database)
    {
        _process = process;
        Address = address;
        Processes = [new("floor", process.Id), .. database];
    }

    public Uri Address { get; }

    public IReadOnlyList<MeasuredProcess> Processes { get; }

    public static async Task<FloorServer> StartAsync(
        IReadOnlyList<string> arguments, IReadOnlyList<MeasuredProcess> database, CancellationToken cancellationToken)
    {
        var port = FreePorts.Take(1)[0];
        var process = new BackendProcess(new BackendStart
        {
            Name = "floor",
            Assembly = BackendFiles.Find(typeof(FloorServer).Assembly, "FloorAssembly"),
            Arguments = [.. arguments, "--port", $"{port}"],
            Ready = ReadyLine(),
        });
        await process.StartAsync(cancellationToken);
        return new FloorServer(process, new Uri($"http://127.0.0.1:{port}"), database);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    [GeneratedRegex(@"^Floor ready: grpc=\S+$", RegexOptions.CultureInvariant)]
    private static partial Regex ReadyLine();
}
