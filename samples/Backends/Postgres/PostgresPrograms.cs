using System.Diagnostics;

namespace OrleansSync.Backends.Postgres;

/// <summary>PostgreSQL's programs on this machine, and the user they may run as: its server refuses to run as root.</summary>
internal static class PostgresPrograms
{
    private const string Unprivileged = "postgres";

    // Where Debian keeps each version's server, beside what is on the path.
    private const string DebianFolder = "/usr/lib/postgresql";

    private static readonly Lazy<string> Folder = new(FindFolder);

    /// <summary>The command that runs a program of PostgreSQL, without root's rights.</summary>
    /// <exception cref="BackendException">PostgreSQL is not installed; the message says how to.</exception>
    public static IReadOnlyList<string> Command(string program, params IReadOnlyList<string> arguments)
    {
        var path = Path.Combine(Folder.Value, program);
        return Environment.IsPrivilegedProcess
            ? ["setpriv", $"--reuid={Unprivileged}", $"--regid={Unprivileged}", "--clear-groups", "--", path, .. arguments]
            : [path, .. arguments];
    }

    /// <summary>Gives a folder to the user that the programs run as.</summary>
    public static async Task HandOverAsync(string folder, CancellationToken cancellationToken)
    {
        if (Environment.IsPrivilegedProcess) await RunAsync(["chown", Unprivileged, folder], cancellationToken);
    }

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="BackendException">It failed; the message has what it printed.</exception>
    public static async Task RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(command[0], command.Skip(1))
            {
                // Root's own folder would be out of reach for the other user.
                WorkingDirectory = "/",
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.Start();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new BackendException($"{string.Join(' ', command)} ended with {process.ExitCode}. {await output}{await errors}");
        }
    }

    private static string FindFolder()
    {
        var debian = Directory.Exists(DebianFolder)
            ? Directory.GetDirectories(DebianFolder).Select(static version => Path.Combine(version, "bin")).OrderDescending(ByVersion)
            : Enumerable.Empty<string>();
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return debian.Concat(onPath).FirstOrDefault(static folder => File.Exists(Path.Combine(folder, "initdb")))
            ?? throw new BackendException(
                "PostgreSQL's server is not installed on this machine. Install it (Debian: apt-get install postgresql), or set "
                + $"{PostgresDatabase.Variable} to the connection string of one that may be used.");
    }

    // 15 comes after 9.6, which their texts would not say.
    private static readonly Comparer<string> ByVersion = Comparer<string>.Create(static (left, right) => Version(left).CompareTo(Version(right)));

    private static double Version(string folder) =>
        double.TryParse(Path.GetFileName(Path.GetDirectoryName(folder)), System.Globalization.CultureInfo.InvariantCulture, out var version)
            ? version
            : 0;
}
