using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace OrleansSync.Backends.Postgres;

/// <summary>
/// A private PostgreSQL server in a temporary folder, on a free port of the loopback, with fsync on. It ends, and its
/// folder goes, with this object or with this process, however that ends.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    // Runs the server until its standard input ends, which it does with this process: then nobody wants the folder any more.
    private const string Guard =
        """
        folder=$1 log=$2; shift 2
        "$@" >>"$log" 2>&1 </dev/null & server=$!
        read -r word || word=gone
        kill -INT $server 2>/dev/null
        wait $server
        [ "$word" = keep ] || rm -rf "$folder"
        """;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("orleanssync-postgres-").FullName;
    private readonly int _port = FreePorts.Take(1)[0];
    private readonly int _connections;
    private Process? _guard;

    private PostgresServer(int connections) => _connections = connections;

    /// <summary>For the administrator; see <see cref="PostgresDatabase"/> for a database to work in.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = _port,
        Username = "postgres",
        Database = "postgres",
        // Where the server was restarted, pooled connections are broken ones.
        Pooling = false,
    }.ConnectionString;

    /// <summary>Of its first process, the parent of all others.</summary>
    public int ProcessId => int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private string Data => Path.Combine(_folder, "data");

    private string LogFile => Path.Combine(_folder, "server.log");

    /// <summary>Makes a server and starts it.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="connections">How many connections it takes.</param>
    /// <exception cref="BackendException">PostgreSQL is not installed or does not start; the message says why.</exception>
    public static async Task<PostgresServer> StartAsync(CancellationToken cancellationToken, int connections = 300)
    {
        var server = new PostgresServer(connections);
        try
        {
            await PostgresPrograms.HandOverAsync(server._folder, cancellationToken);
            var initdb = PostgresPrograms.Command(
                "initdb", $"--pgdata={server.Data}", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync");
            await PostgresPrograms.RunAsync(initdb, cancellationToken);
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it after <see cref="StopAsync"/>, on the same data and port.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        if (_guard is not null) throw new InvalidOperationException("PostgreSQL is running.");
        var server = PostgresPrograms.Command(
            "postgres", "-D", Data, "-p", _port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=", "-c", $"max_connections={_connections}", "-c", "fsync=on");
        _guard = new Process
        {
            StartInfo = new ProcessStartInfo("sh", ["-c", Guard, "sh", _folder, LogFile, .. server])
            {
                WorkingDirectory = "/",
                UseShellExecute = false,
                RedirectStandardInput = true,
            },
        };
        _guard.Start();
        await UntilReadyAsync(cancellationToken);
    }

    /// <summary>Stops it and returns when it is gone. Its data stay.</summary>
    /// <param name="crash">As a crash of all its processes would: what is not on disk is lost.</param>
    public async Task StopAsync(bool crash = false)
    {
        if (crash)
        {
            var id = ProcessId.ToString(CultureInfo.InvariantCulture);
            await PostgresPrograms.RunAsync(["kill", "-QUIT", id], CancellationToken.None);
        }

        await EndGuardAsync("keep");
    }

    public async ValueTask DisposeAsync()
    {
        if (_guard is not null) await EndGuardAsync("go");
        else if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private async Task EndGuardAsync(string word)
    {
        var guard = _guard ?? throw new InvalidOperationException("PostgreSQL is not running.");
        _guard = null;
        await guard.StandardInput.WriteLineAsync(word);
        guard.StandardInput.Close();
        await guard.WaitForExitAsync();
        guard.Dispose();
    }

    private async Task UntilReadyAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString);
                await connection.OpenAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException exception)
            {
                if (_guard!.HasExited || clock.Elapsed > StartTimeout)
                {
                    var log = File.Exists(LogFile) ? await File.ReadAllTextAsync(LogFile, cancellationToken) : "";
                    throw new BackendException($"PostgreSQL does not start: {exception.Message} Its log: {log}", exception);
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }
}
