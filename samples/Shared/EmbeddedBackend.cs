using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansSync.Samples.Shared;

/// <summary>
/// The embedded backend (gateway, silo and SQLite in one process) as a child process on free ports of the loopback. It
/// can be killed at any instant and started again on the same data folder and ports.
/// </summary>
internal sealed partial class EmbeddedBackend : IAsyncDisposable
{
    private const int KeptOutputLines = 40;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);

    private readonly IReadOnlyDictionary<string, string> _settings;
    private Process? _process;

    private EmbeddedBackend(string dataFolder, IReadOnlyDictionary<string, string> settings)
    {
        _settings = settings;
        DataFolder = dataFolder;
        var (grpc, http) = FreePorts();
        Grpc = new Uri($"http://127.0.0.1:{grpc}");
        Http = new Uri($"http://127.0.0.1:{http}");
    }

    public string DataFolder { get; }

    /// <summary>For devices.</summary>
    public Uri Grpc { get; }

    /// <summary>For health checks and pages.</summary>
    public Uri Http { get; }

    /// <summary>Of the process that runs now, or ran last.</summary>
    public int ProcessId { get; private set; }

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
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        if (_process is { HasExited: false }) throw new InvalidOperationException("The backend is running.");
        _process?.Dispose();

        var output = new OutputTail(KeptOutputLines);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = StartInfo() };
        process.OutputDataReceived += (_, line) =>
        {
            output.Add(line.Data);
            if (line.Data is not null && ReadyLine().IsMatch(line.Data)) ready.TrySetResult();
        };
        process.ErrorDataReceived += (_, line) => output.Add(line.Data);
        process.Start();
        _process = process;
        ProcessId = process.Id;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            // The end of the process includes the end of its output.
            await Task.WhenAny(ready.Task, process.WaitForExitAsync(cancellationToken)).WaitAsync(StartTimeout, cancellationToken);
            if (!ready.Task.IsCompleted) throw new BackendException($"The backend ended before it was ready. {output}");
        }
        catch (TimeoutException)
        {
            throw new BackendException($"The backend was not ready after {StartTimeout.TotalSeconds:0} s. {output}");
        }
    }

    /// <summary>Ends the process as a power cut would (SIGKILL); returns when it is gone.</summary>
    public void Kill()
    {
        if (_process is null || _process.HasExited) return;
        _process.Kill();
        _process.WaitForExit();
    }

    public ValueTask DisposeAsync()
    {
        // What it has acknowledged is on disk, so there is nothing to wait for.
        Kill();
        _process?.Dispose();
        return ValueTask.CompletedTask;
    }

    private ProcessStartInfo StartInfo()
    {
        var assembly = BackendFiles.GatewayAssembly();
        var start = new ProcessStartInfo(BackendFiles.DotnetCommand())
        {
            WorkingDirectory = Path.GetDirectoryName(assembly),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(assembly);
        foreach (var inherited in start.Environment.Keys.ToArray())
            if (inherited.StartsWith("OrleansSync__", StringComparison.OrdinalIgnoreCase)) start.Environment.Remove(inherited);
        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        start.Environment["OrleansSync__Storage__Provider"] = "Sqlite";
        start.Environment["OrleansSync__Storage__Path"] = DataFolder;
        start.Environment["OrleansSync__Ports__Grpc"] = Grpc.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["OrleansSync__Ports__Http"] = Http.Port.ToString(CultureInfo.InvariantCulture);
        foreach (var (key, value) in _settings) start.Environment["OrleansSync__" + key.Replace(":", "__", StringComparison.Ordinal)] = value;
        return start;
    }

    private static (int Grpc, int Http) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }

    [GeneratedRegex(@"^OrleansSync ready: grpc=\S+ http=\S+ data=", RegexOptions.CultureInvariant)]
    private static partial Regex ReadyLine();

    /// <summary>The last lines of a process, for the message of a failure.</summary>
    private sealed class OutputTail(int lines)
    {
        private readonly Queue<string> _lines = new();

        public void Add(string? line)
        {
            if (line is null) return;
            lock (_lines)
            {
                _lines.Enqueue(line);
                if (_lines.Count > lines) _lines.Dequeue();
            }
        }

        public override string ToString()
        {
            lock (_lines) return _lines.Count == 0 ? "It printed nothing." : "It printed:\n" + string.Join('\n', _lines);
        }
    }
}

/// <summary>The backend could not be started.</summary>
internal sealed class BackendException(string message) : Exception(message);
