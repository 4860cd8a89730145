using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansSync.Gateway.Tests.Support;

/// <summary>The executable as a child process, as people start it: arguments in; lines, signals and an exit code out.</summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private readonly TaskCompletionSource<Match> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(string environment, IEnumerable<string> arguments)
    {
        // A shell's background jobs ignore SIGINT, and so does everything they start, the tests' own children included.
        var start = new ProcessStartInfo("env")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.ArgumentList.Add("--default-signal=INT");
        start.ArgumentList.Add("dotnet");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "OrleansSync.Gateway.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["DOTNET_ENVIRONMENT"] = environment;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = environment;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
    }

    public Uri Grpc { get; private set; } = null!;

    public Uri Http { get; private set; } = null!;

    public string Data { get; private set; } = "";

    public string Output => Text(_output);

    public string Errors => Text(_errors);

    /// <summary>Starts it on free ports and returns when it says that it is ready.</summary>
    public static async Task<ServerProcess> StartAsync(string dataFolder, params string[] arguments)
    {
        var server = Launch("Development", ["--data", dataFolder, "--grpc-port", "0", "--http-port", "0", .. arguments]);
        await Task.WhenAny(server._ready.Task, server._process.WaitForExitAsync()).WaitAsync(Patience);
        Assert.True(server._ready.Task.IsCompleted, $"The server ended before it was ready: {server.Errors}");
        var ready = await server._ready.Task;
        server.Grpc = new Uri(ready.Groups["grpc"].Value);
        server.Http = new Uri(ready.Groups["http"].Value);
        server.Data = ready.Groups["data"].Value;
        return server;
    }

    public static ServerProcess Launch(string environment, params string[] arguments)
    {
        var server = new ServerProcess(environment, arguments);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <summary>The exit code; waits for the end of the process and of its output.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Sends a signal by name, such as TERM.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Keep(List<string> lines, string? line)
    {
        if (line is null) return;
        lock (lines) lines.Add(line);
        if (ReadyLine().Match(line) is { Success: true } match) _ready.TrySetResult(match);
    }

    private static string Text(List<string> lines)
    {
        lock (lines) return string.Join('\n', lines);
    }

    [GeneratedRegex(@"^OrleansSync ready: grpc=(?<grpc>\S+) http=(?<http>\S+) data=(?<data>.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex ReadyLine();
}
