using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace OrleansSync.Samples.GitReplay.Git;

/// <summary>
/// One run of the git executable. The environment is made so that nothing but the repository decides what it prints: no
/// replaced objects, no fetch of missing ones, nothing inherited from a hook that this process may run in.
/// </summary>
internal sealed class GitProcess : IAsyncDisposable
{
    private const int KeptErrorChars = 4096;

    private readonly Process _process;
    private readonly string _command;
    private readonly Task<string> _errors;

    private GitProcess(Process process, string command)
    {
        _process = process;
        _command = command;
        _errors = ReadTailAsync(process.StandardError);
    }

    public Stream Output => _process.StandardOutput.BaseStream;

    public Stream Input => _process.StandardInput.BaseStream;

    public static GitProcess Start(string git, string repository, bool writesInput, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(git)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var inherited in start.Environment.Keys.Where(static key => key.StartsWith("GIT_", StringComparison.Ordinal)).ToArray())
            if (!inherited.StartsWith("GIT_CONFIG", StringComparison.Ordinal)) start.Environment.Remove(inherited);
        start.Environment["LC_ALL"] = "C";
        start.Environment["GIT_NO_REPLACE_OBJECTS"] = "1";
        start.Environment["GIT_NO_LAZY_FETCH"] = "1";
        start.Environment["GIT_ALLOW_PROTOCOL"] = "none";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["GIT_OPTIONAL_LOCKS"] = "0";
        start.ArgumentList.Add("-C");
        start.ArgumentList.Add(repository);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);

        try
        {
            var process = Process.Start(start) ?? throw new GitException($"Could not start '{git}'.");
            if (!writesInput) process.StandardInput.Close();
            return new GitProcess(process, "git " + string.Join(' ', arguments));
        }
        catch (Win32Exception failure)
        {
            throw new GitException($"Could not start '{git}': {failure.Message}. Install git, or name it with --git.", failure);
        }
    }

    /// <summary>Runs git for its short output.</summary>
    public static async Task<string> ReadAsync(
        string git, string repository, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        await using var run = Start(git, repository, writesInput: false, arguments);
        var output = await run._process.StandardOutput.ReadToEndAsync(cancellationToken);
        await run.EndAsync(cancellationToken);
        return output.Trim();
    }

    /// <summary>Waits for the end.</summary>
    /// <exception cref="GitException">git ended with an error; the message is its own.</exception>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        if (_process.ExitCode != 0)
            throw new GitException($"'{_command}' ended with {_process.ExitCode}: {(await _errors).Trim()}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        await _errors;
        _process.Dispose();
    }

    private static async Task<string> ReadTailAsync(StreamReader reader)
    {
        var tail = new StringBuilder();
        var buffer = new char[1024];
        int read;
        while ((read = await reader.ReadAsync(buffer)) > 0)
        {
            tail.Append(buffer, 0, read);
            if (tail.Length > KeptErrorChars) tail.Remove(0, tail.Length - KeptErrorChars);
        }
        return tail.ToString();
    }
}
