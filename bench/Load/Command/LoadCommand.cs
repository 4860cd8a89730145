using System.CommandLine;
using OrleansSync.Backends;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Workloads;
using OrleansSync.Client;

namespace OrleansSync.Bench.Load.Command;

/// <summary>The command line. Exit code 0: all figures are of work that came out right; 1: some did not, or a fault; 130: stopped.</summary>
internal static class LoadCommand
{
    private const string All = "all";
    private const int Stopped = 130;

    public static Task<int> InvokeAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var workloads = new Argument<string[]>("workloads")
        {
            Description = $"{All}, or some of: " + string.Join("; ", Catalog.All.Select(static one => $"{one.Name} ({one.Description})")),
            Arity = ArgumentArity.ZeroOrMore,
        };
        workloads.AcceptOnlyFromAmong([All, .. Catalog.All.Select(static one => one.Name)]);
        var store = new Option<BackendStore>("--store")
        {
            Description = "sqlite: the embedded server. postgres: one silo and one gateway on a private PostgreSQL.",
            DefaultValueFactory = static _ => BackendStore.Sqlite,
        };
        var node = new Option<bool>("--node") { Description = "postgres: silo and gateway in one process, a node, instead of a process each." };
        var json = new Option<FileInfo?>("--json") { Description = "Write every figure to this file, a line of JSON each." };
        var quick = new Option<bool>("--quick") { Description = "Small sizes, once: whether it is right, not how fast it is. Under a minute." };
        var runs = new Option<int>("--runs")
        {
            Description = "How often each workload runs; the table at the end has the medians.",
            DefaultValueFactory = static _ => 1,
        };
        runs.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 99) result.AddError("--runs is from 1 to 99.");
        });
        var clients = new Option<string[]>("--clients")
        {
            Description = "Only these, for a profile: wire (no local store), full (the client library).",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = static _ => [Clients.Wire, Clients.Full],
        };
        clients.AcceptOnlyFromAmong(Clients.Wire, Clients.Full);
        var sizes = new Option<string[]>("--sizes")
        {
            Description = "push: other sizes, devices x operations each, such as 8x40000.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = static _ => [],
        };
        sizes.Validators.Add(static result =>
        {
            foreach (var text in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (PushSize.Parse(text) is null) result.AddError($"--sizes {text}: devices x operations, such as 8x40000.");
            }
        });
        var peers = new Option<bool>("--peers") { Description = $"Also {Catalog.Peers.Description}; npm installs them into a temporary folder." };
        var command = new RootCommand(
            "Measures OrleansSync beside a hand-written endpoint: server, database and this load generator are separate processes.")
        {
            workloads, store, node, json, quick, runs, peers, clients, sizes,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(workloads) is not { Length: > 0 } && !result.GetValue(peers)) result.AddError("Name a workload, or give --peers.");
            if (result.GetValue(node) && result.GetValue(store) != BackendStore.Postgres) result.AddError("--node is of --store postgres; the embedded server is one process anyway.");
        });
        command.SetAction((parsed, cancellationToken) =>
        {
            var wanted = parsed.GetValue(workloads) ?? [];
            IWorkload[] chosen =
            [
                .. Catalog.All.Where(one => wanted.Contains(All) || wanted.Contains(one.Name)),
                .. parsed.GetValue(peers) ? [Catalog.Peers] : Array.Empty<IWorkload>(),
            ];
            var plan = new Plan(chosen, parsed.GetValue(store), parsed.GetValue(quick) ? 1 : parsed.GetValue(runs))
            {
                Node = parsed.GetValue(node),
                Quick = parsed.GetValue(quick),
                Clients = parsed.GetRequiredValue(clients),
                PushSizes = [.. parsed.GetRequiredValue(sizes).Select(static text => PushSize.Parse(text)!.Value)],
            };
            return RunAsync(plan, parsed.GetValue(json), output, error, cancellationToken);
        });
        return command.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
    }

    private static async Task<int> RunAsync(
        Plan plan, FileInfo? json, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            await plan.RunAsync(json, output, cancellationToken);
            return 0;
        }
        catch (Exception fault) when (fault is BenchException or SyncException or BackendException or Grpc.Core.RpcException or IOException)
        {
            await error.WriteLineAsync(fault.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await error.WriteLineAsync("Stopped.");
            return Stopped;
        }
    }
}
