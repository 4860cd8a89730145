using System.CommandLine;
using System.Text.Json;
using OrleansSync.Backends;
using OrleansSync.Chaos.Checking;
using OrleansSync.Chaos.Devices;

namespace OrleansSync.Chaos;

/// <summary>The command line. Exit codes: 0 nothing found, 1 violations, 2 could not run or did not become quiet, 130 stopped.</summary>
internal static class ChaosCommand
{
    public const int Clean = 0;
    public const int Found = 1;
    public const int Failed = 2;
    public const int Stopped = 130;

    /// <summary>What a device process is started with.</summary>
    public const string DeviceVerb = "device";

    public static async Task<int> InvokeAsync(IReadOnlyList<string> arguments, InvocationConfiguration invocation)
    {
        var parsed = Create().Parse(arguments);
        var code = await parsed.InvokeAsync(invocation);
        return parsed.Errors.Count > 0 ? Failed : code;
    }

    private static RootCommand Create()
    {
        var store = new Option<ChaosStore>("--store")
        {
            Description = "sqlite: the embedded server. postgres: a private PostgreSQL, silos and gateways.",
            DefaultValueFactory = static _ => ChaosStore.Sqlite,
        };
        var seconds = Number("--seconds", "How long faults are injected.", 60);
        var seed = Number("--seed", "For everything random.", 1);
        var devices = Number("--devices", "How many devices.", 16);
        var users = Number("--users", "Over how many users they are spread.", 4);
        var processes = Number("--processes", "In how many device processes they run.", 4);
        var silos = Number("--silos", "How many silos (postgres).", 3);
        var gateways = Number("--gateways", "How many gateways (postgres).", 2);
        var nodes = Number("--nodes", "Silo and gateway in one process: so many, instead of silos and gateways (postgres). 0: none.", 0, least: 0);
        var pause = Number("--pause", "Milliseconds between what a device does, on average.", 250);
        var purge = new Option<bool>("--purge") { Description = "Purge tombstones after 2 s, so that devices resynchronise. Without it entities are deleted and made again." };
        var json = new Option<string?>("--json") { Description = "Also write a summary there, as JSON.", HelpName = "file" };
        var keep = new Option<bool>("--keep") { Description = "Keep the folder with all databases and histories, and print where it is." };
        var root = new RootCommand("Plays faults against real processes and checks that nothing is lost, doubled, diverged or torn.")
        {
            store, seconds, seed, devices, users, processes, silos, gateways, nodes, pause, purge, json, keep,
        };
        root.SetAction((parsed, cancellationToken) => RunAsync(
            new ChaosOptions
            {
                Store = parsed.GetValue(store),
                Seconds = parsed.GetValue(seconds),
                Seed = parsed.GetValue(seed),
                Devices = parsed.GetValue(devices),
                Users = parsed.GetValue(users),
                Processes = parsed.GetValue(processes),
                Silos = parsed.GetValue(silos),
                Gateways = parsed.GetValue(gateways),
                Nodes = parsed.GetValue(nodes),
                Pause = parsed.GetValue(pause),
                Purge = parsed.GetValue(purge),
                Json = parsed.GetValue(json),
                Keep = parsed.GetValue(keep),
            },
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error,
            cancellationToken));
        var device = new Command(DeviceVerb, "A process of devices; the run starts these.") { Hidden = true };
        device.SetAction(static (_, _) => new DeviceProgram(Console.In, Console.Out).RunAsync());
        root.Add(device);
        return root;
    }

    private static Option<int> Number(string name, string description, int value, int least = 1)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "n", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < least) result.AddError($"{name} is at least {least}.");
        });
        return option;
    }

    private static async Task<int> RunAsync(ChaosOptions options, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("orleanssync-chaos-").FullName;
        var keep = true;
        try
        {
            var screen = new ChaosScreen(output, interactive: output == Console.Out && !Console.IsOutputRedirected);
            screen.Line($"Chaos       {options.Store}, {options.Seconds} s, seed {options.Seed}{(options.Purge ? ", purging" : "")}");
            var result = await new ChaosRun(options, folder, screen).RunAsync(cancellationToken);
            if (options.Json is not null) await File.WriteAllTextAsync(options.Json, Summary(options, result), cancellationToken);
            screen.Result(options, result, folder);
            keep = options.Keep || !result.Passed;
            return result.Passed ? Clean : Found;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C also ends the children, so what fails first is anybody's guess.
            await errors.WriteLineAsync("Stopped.");
            keep = options.Keep;
            return Stopped;
        }
        catch (Exception fault) when (fault is BackendException or IOException or InvalidDataException)
        {
            await errors.WriteLineAsync($"{fault.Message}\nSeed        {options.Seed}\nHistories   {folder}");
            return Failed;
        }
        finally
        {
            if (!keep) Directory.Delete(folder, recursive: true);
            else await output.FlushAsync(CancellationToken.None);
        }
    }

    private static string Summary(ChaosOptions options, ChaosResult result) => JsonSerializer.Serialize(new
    {
        store = options.Store.ToString(),
        seed = options.Seed,
        seconds = options.Seconds,
        faults = result.Faults,
        operations = result.Operations,
        lost = result.Of(ViolationKind.Lost),
        doubled = result.Of(ViolationKind.Doubled),
        diverged = result.Of(ViolationKind.Diverged),
        torn = result.Of(ViolationKind.Torn),
    });
}
