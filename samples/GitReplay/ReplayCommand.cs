using System.CommandLine;
using OrleansSync.Backends;
using OrleansSync.Client;
using OrleansSync.Samples.GitReplay.Git;

namespace OrleansSync.Samples.GitReplay;

/// <summary>The command line. Exit codes: 0 matches, 1 differs, 2 could not run, 130 stopped.</summary>
internal static class ReplayCommand
{
    public const int Matches = 0;
    public const int Differs = 1;
    public const int Failed = 2;
    public const int Stopped = 130;

    /// <summary>Parses and runs; the exit code is one of the above.</summary>
    public static async Task<int> InvokeAsync(IReadOnlyList<string> arguments, InvocationConfiguration invocation)
    {
        var parsed = Create().Parse(arguments);
        var code = await parsed.InvokeAsync(invocation);
        return parsed.Errors.Count > 0 ? Failed : code;
    }

    private static RootCommand Create()
    {
        var repo = new Option<string?>("--repo")
        {
            Description = "The git repository, bare or not. With --generate: a new folder to generate it into.",
            HelpName = "path",
        };
        var generate = new Option<int?>("--generate")
        {
            Description = "Generate a repository of so many commits, with everything that is hard to replay, and replay it.",
            HelpName = "commits",
        };
        var devices = new Option<int>("--devices")
        {
            Description = "How many devices the authors are spread over, 1 to 64.",
            HelpName = "n",
            DefaultValueFactory = static _ => 4,
        };
        var offline = new Option<double>("--offline")
        {
            Description = "The share of commits, 0 to 1, that devices write while they are offline, so that edits conflict.",
            HelpName = "share",
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "For everything random: --generate, --offline, --kill-server.",
            HelpName = "n",
            DefaultValueFactory = static _ => 1,
        };
        var gateway = new Option<Uri?>("--gateway")
        {
            Description = "Use the gateway that runs there (it must accept development credentials) instead of a child process.",
            HelpName = "url",
            CustomParser = static result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https")) return url;
                result.AddError("--gateway is an http or https address.");
                return null;
            },
        };
        var store = new Option<BackendStore>("--store")
        {
            Description = "sqlite: one embedded process. postgres: three silos and two gateways on a private PostgreSQL.",
            HelpName = "store",
            DefaultValueFactory = static _ => BackendStore.Sqlite,
        };
        var kill = new Option<int>("--kill-server")
        {
            Description = "Kill the backend (SIGKILL) at so many random moments of the replay, and start it again.",
            HelpName = "times",
        };
        var keep = new Option<bool>("--keep") { Description = "Keep the temporary folder with all databases, and print where it is." };
        var git = new Option<string>("--git") { Description = "The git executable.", HelpName = "path", DefaultValueFactory = static _ => "git" };

        var command = new RootCommand(
            "Replays the first-parent history of a git repository through OrleansSync, every author on a device, and compares the "
            + "result with git's own.")
        {
            repo, generate, devices, offline, seed, store, gateway, kill, keep, git,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new ReplayOptions
            {
                Repository = parsed.GetValue(repo),
                Generate = parsed.GetValue(generate),
                Devices = parsed.GetValue(devices),
                Offline = parsed.GetValue(offline),
                Seed = parsed.GetValue(seed),
                Store = parsed.GetValue(store),
                Gateway = parsed.GetValue(gateway),
                KillServer = parsed.GetValue(kill),
                Keep = parsed.GetValue(keep),
                Git = parsed.GetValue(git)!,
            },
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ReplayOptions options, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (options.Faults() is { Count: > 0 } faults)
        {
            foreach (var fault in faults) await errors.WriteLineAsync(fault);
            return Failed;
        }

        var folder = Directory.CreateTempSubdirectory("orleanssync-replay-").FullName;
        try
        {
            var screen = new ReplayScreen(output, interactive: output == Console.Out && !Console.IsOutputRedirected);
            return await new ReplayRun(options, folder, screen).RunAsync(cancellationToken) ? Matches : Differs;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C also ends the backend, so what fails first is anybody's guess.
            await errors.WriteLineAsync("Stopped.");
            return Stopped;
        }
        catch (Exception fault) when (fault is GitException or SyncException or BackendException or IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync(fault.Message);
            return Failed;
        }
        finally
        {
            if (options.Keep) await output.WriteLineAsync($"Kept: {folder}");
            else Directory.Delete(folder, recursive: true);
        }
    }
}
