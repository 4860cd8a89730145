using System.CommandLine;
using System.Diagnostics;
using OrleansSync.Backends;
using OrleansSync.Client;

namespace OrleansSync.Samples.Tour;

/// <summary>The command line of the Tour. Exit code 0: converged; 1: a mismatch or a fault; 130: stopped.</summary>
public static class TourCommand
{
    private const int Stopped = 130;

    public static Task<int> InvokeAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var keep = new Option<bool>("--keep")
        {
            Description = "Keep the data folder (the server's and both devices' databases) and print where it is.",
        };
        var store = new Option<BackendStore>("--store")
        {
            Description = "sqlite: one embedded process. postgres: three silos and two gateways on a private PostgreSQL.",
            DefaultValueFactory = static _ => BackendStore.Sqlite,
        };
        var command = new RootCommand("Two devices of one user work offline, a server is killed, and everything converges.") { keep, store };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetValue(store), parsed.GetValue(keep), output, error, cancellationToken));
        return command.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
    }

    private static async Task<int> RunAsync(
        BackendStore store, bool keep, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("orleanssync-tour-").FullName;
        try
        {
            await TellAsync(store, folder, new Screen(output), cancellationToken);
            return 0;
        }
        catch (Exception fault) when (fault is MismatchException or SyncException or BackendException)
        {
            await error.WriteLineAsync(fault.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await error.WriteLineAsync("Stopped.");
            return Stopped;
        }
        finally
        {
            if (keep) await output.WriteLineAsync($"Kept: {folder}");
            else Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task TellAsync(BackendStore store, string folder, Screen screen, CancellationToken cancellationToken)
    {
        screen.Line(store == BackendStore.Sqlite
            ? "Starting the embedded backend (silo, gateway and SQLite in one child process) …"
            : "Starting PostgreSQL, three silos and two gateways as child processes …");
        await using var backend = await Backend.StartAsync(
            store, Path.Combine(folder, "server"), TourDevice.ServerSettings, cancellationToken);
        var clock = Stopwatch.StartNew();
        screen.Across($"ready at {string.Join(" and ", backend.Addresses)}: {backend.Description}");
        await using var proxy = new CuttingProxy(backend.Addresses[0]);
        await using var phone = await TourDevice.OpenAsync("phone", folder, proxy.Address, cancellationToken);
        await using var laptop = await TourDevice.OpenAsync("laptop", folder, backend.Addresses[^1], cancellationToken);
        var digest = await new Story(screen, backend, proxy, phone, laptop).TellAsync(cancellationToken);
        screen.Line($"{clock.Elapsed.TotalSeconds:0.0} s since the backend was ready");
        screen.Line($"CONVERGED {digest} = {digest}");
    }
}
