using System.Diagnostics;
using OrleansSync.Bench.Load.Processes;

namespace OrleansSync.Bench.Load.Systems;

/// <summary>A script of another product under Node. It says in lines how far it is, and goes on when told.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private PeerProcess(Process process)
    {
        (_process, _errors) = (process, process.StandardError.ReadToEndAsync());
    }

    public static PeerProcess Start(string folder, params IEnumerable<string> arguments) => new(Process.Start(StartOf("node", folder, arguments))!);

    /// <summary>Node and its package manager are on the path.</summary>
    public static bool IsAvailable => Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) is { } folders
        && folders.Any(static folder => File.Exists(Path.Combine(folder, "node")))
        && folders.Any(static folder => File.Exists(Path.Combine(folder, "npm")));

    /// <summary>Installs what the lock file of a folder names, exactly.</summary>
    public static async Task InstallAsync(string folder, CancellationToken cancellationToken)
    {
        await using var npm = new PeerProcess(Process.Start(StartOf("npm", folder, ["ci", "--no-audit", "--no-fund"]))!);
        var output = npm._process.StandardOutput.ReadToEndAsync(cancellationToken);
        await npm._process.WaitForExitAsync(cancellationToken);
        if (npm._process.ExitCode != 0) throw new BenchException($"npm ci failed: {await output}{await npm._errors}");
    }

    public MeasuredProcess Measured(string name) => new(name, _process.Id);

    /// <summary>The rest of the next line that begins so.</summary>
    public async Task<string> ReadAsync(string beginning, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.StartsWith(beginning, StringComparison.Ordinal)) return line[beginning.Length..].Trim();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BenchException($"The peer did not say '{beginning}' within {Limit.TotalSeconds:0} s.");
        }

        throw new BenchException($"The peer ended before it said '{beginning}'. {await _errors}");
    }

    public async Task GoOnAsync(CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync("".AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static ProcessStartInfo StartOf(string command, string folder, IEnumerable<string> arguments) => new(command, arguments)
    {
        WorkingDirectory = folder,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    };
}
