using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansSync.Backends;

/// <summary>How a server is started: the assembly, its configuration, and the line that says it is ready.</summary>
public sealed record BackendStart
{
    /// <summary>What people call it, such as <c>silo 2</c>.</summary>
    public required string Name { get; init; }

    public required string Assembly { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public required Regex Ready { get; init; }

    /// <summary>Environment variables; of those that begin with <c>OrleansSync__</c>, only these reach the server.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// A server as a child process. It can be sent signals, be killed at any instant, and started again as it was.
/// </summary>
public sealed class BackendProcess(BackendStart start) : IAsyncDisposable
{
    private const int KeptOutputLines = 60;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);

    // A process object can be asked about itself only after its start and before it is disposed, and IsRunning is asked at any time.
    private readonly Lock _gate = new();
    private Process? _process;
    private OutputTail _output = new(KeptOutputLines);

    public string Name => start.Name;

    /// <summary>Of the process that runs now, or ran last.</summary>
    public int Id { get; private set; }

    /// <summary>Safe to ask while another thread starts it.</summary>
    public bool IsRunning
    {
        get
        {
            lock (_gate) return _process is { HasExited: false };
        }
    }

    /// <summary>The last lines it printed.</summary>
    public string Output => _output.ToString();

    /// <summary>Starts it, and returns when it says that it is ready.</summary>
    /// <exception cref="BackendException">It ended, or was not ready in time; the message holds what it printed last.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsRunning) throw new InvalidOperationException($"The {Name} is running.");
        var output = _output = new OutputTail(KeptOutputLines);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = StartInfo() };
        process.OutputDataReceived += (_, line) =>
        {
            output.Add(line.Data);
            if (line.Data is not null && start.Ready.IsMatch(line.Data)) ready.TrySetResult();
        };
        process.ErrorDataReceived += (_, line) => output.Add(line.Data);
        lock (_gate)
        {
            process.Start();
            _process?.Dispose();
            _process = process;
        }

        Id = process.Id;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            // The end of the process includes the end of its output.
            await Task.WhenAny(ready.Task, process.WaitForExitAsync(cancellationToken)).WaitAsync(StartTimeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new BackendException($"The {Name} was not ready after {StartTimeout.TotalSeconds:0} s. {output}");
        }

        if (!ready.Task.IsCompleted) throw new BackendException($"The {Name} ended before it was ready. {output}");
    }

    /// <summary>Ends the process as a power cut would (SIGKILL); returns when it is gone.</summary>
    public void Kill()
    {
        if (_process is null || _process.HasExited) return;
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Sends a signal by name, such as STOP.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0) throw new BackendException($"The {Name} (process {Id}) took no {signal}. {_output}");
    }

    /// <summary>The exit code; waits for the end of the process and of its output.</summary>
    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        var process = _process ?? throw new InvalidOperationException($"The {Name} was not started.");
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
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
        var info = new ProcessStartInfo(BackendFiles.DotnetCommand)
        {
            WorkingDirectory = Path.GetDirectoryName(start.Assembly),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        info.ArgumentList.Add(start.Assembly);
        foreach (var argument in start.Arguments) info.ArgumentList.Add(argument);
        foreach (var inherited in info.Environment.Keys.ToArray())
        {
            if (inherited.StartsWith("OrleansSync__", StringComparison.OrdinalIgnoreCase)) info.Environment.Remove(inherited);
        }

        foreach (var (key, value) in start.Environment) info.Environment[key] = value;
        return info;
    }

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

/// <summary>A backend could not be started, or not do what it was told.</summary>
public sealed class BackendException(string message, Exception? innerException = null) : Exception(message, innerException);
