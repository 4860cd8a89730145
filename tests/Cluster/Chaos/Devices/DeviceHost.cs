using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansSync.Backends;

namespace OrleansSync.Chaos.Devices;

/// <summary>The run's end of a device process: starts it, commands it, kills it, and starts it again on the same files.</summary>
internal sealed class DeviceHost(int number, DeviceSettings settings, Action<string> twinned) : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, string> _waiting = new();

    // Faults command it at any moment, also while another one starts it over.
    private readonly SemaphoreSlim _commanding = new(1);
    private Process? _process;
    private Life _life = new();
    private int _started;
    private int _earlierWrites;

    public string Name => $"device process {number}";

    public IReadOnlyList<DevicePlace> Devices => settings.Devices;

    public int Id { get; private set; }

    /// <summary>Operations that its devices wrote, as far as they told.</summary>
    public int Writes => _earlierWrites + _life.Writes;

    /// <summary>Why its devices are not quiet yet.</summary>
    public IEnumerable<string> Waiting => _waiting.Values;

    /// <summary>What it printed to its error output.</summary>
    public string Errors => _life.Errors.ToString();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _earlierWrites += _life.Writes;
        var life = _life = new Life();
        _waiting.Clear();
        var info = new ProcessStartInfo(BackendFiles.DotnetCommand, [typeof(DeviceHost).Assembly.Location, ChaosCommand.DeviceVerb])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Starting over again and again, on few cores: compile quickly rather than well.
        info.Environment["DOTNET_TieredPGO"] = "0";
        var process = new Process { StartInfo = info };
        process.OutputDataReceived += (_, line) => OnLine(life, line.Data);
        process.ErrorDataReceived += (_, line) => life.AddError(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await CommandAsync(() => ReplaceAsync(process));
        await AwaitAsync(life.Ready, "open its devices", StartTimeout, cancellationToken);
    }

    /// <summary>Ends it as a power cut would (SIGKILL); returns when it is gone.</summary>
    public void Kill()
    {
        if (_process is null || _process.HasExited) return;
        _process.Kill();
        _process.WaitForExit();
    }

    public Task ArmTwinAsync(string device) => TellAsync($"{DeviceCommands.Twin} {device}");

    /// <summary>Its devices stop writing and push everything.</summary>
    public async Task DrainAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        await TellAsync(DeviceCommands.Drain);
        await AwaitAsync(_life.Drained, "push everything", timeout, cancellationToken);
    }

    /// <summary>Its devices pull to the head, note what they hold, and close; then the process ends.</summary>
    public async Task EndAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        await TellAsync(DeviceCommands.End);
        await AwaitAsync(_life.Ended, "pull everything", timeout, cancellationToken);
        await _process!.WaitForExitAsync(cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        Kill();
        _process?.Dispose();
        _commanding.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AwaitAsync(TaskCompletionSource what, string purpose, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var process = _process!;
        try
        {
            await Task.WhenAny(what.Task, process.WaitForExitAsync(cancellationToken)).WaitAsync(timeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new BackendException($"The {Name} did not {purpose} in {timeout.TotalSeconds:0} s. {string.Join("; ", Waiting)} {Errors}");
        }

        if (!what.Task.IsCompleted) throw new BackendException($"The {Name} ended before it could {purpose}. {Errors}");
    }

    private async Task ReplaceAsync(Process process)
    {
        _process?.Dispose();
        _process = process;
        Id = process.Id;
        // What it reads first.
        await WriteAsync(JsonSerializer.Serialize(settings with { Process = _started++ }));
    }

    private Task TellAsync(string line) => CommandAsync(() => WriteAsync(line));

    private async Task CommandAsync(Func<Task> command)
    {
        await _commanding.WaitAsync();
        try
        {
            await command();
        }
        finally
        {
            _commanding.Release();
        }
    }

    private async Task WriteAsync(string line)
    {
        try
        {
            await _process!.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It was killed; whoever waits for an answer finds out.
        }
    }

    private void OnLine(Life life, string? line)
    {
        if (line is null) return;
        var at = line.IndexOf(' ', StringComparison.Ordinal);
        var (word, rest) = at < 0 ? (line, "") : (line[..at], line[(at + 1)..]);
        switch (word)
        {
            case DeviceCommands.Ready: life.Ready.TrySetResult(); break;
            case DeviceCommands.Drained: life.Drained.TrySetResult(); break;
            case DeviceCommands.Ended: life.Ended.TrySetResult(); break;
            case DeviceCommands.Twinned: twinned(rest); break;
            case DeviceCommands.Waiting: _waiting[rest.Split(':')[0]] = rest; break;
            case DeviceCommands.Writes: life.Writes = int.Parse(rest, CultureInfo.InvariantCulture); break;
        }
    }

    /// <summary>What one process has told.</summary>
    private sealed class Life
    {
        public TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Drained { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<string> ErrorLines { get; } = new();

        public string Errors => string.Join('\n', ErrorLines);

        public int Writes { get; set; }

        public void AddError(string? line)
        {
            if (!string.IsNullOrWhiteSpace(line)) ErrorLines.Enqueue(line);
        }
    }
}
