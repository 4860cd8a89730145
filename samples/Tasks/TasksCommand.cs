using System.CommandLine;
using OrleansSync.Client;

namespace OrleansSync.Samples.Tasks;

/// <summary>The command line of the app. Exit code 0: closed; 1: a fault; 130: stopped.</summary>
public static class TasksCommand
{
    private const int Stopped = 130;

    public static Task<int> InvokeAsync(IReadOnlyList<string> arguments, TextReader input, TextWriter output, TextWriter error)
    {
        var gateway = new Option<Uri?>("--gateway")
        {
            Description = "Where the server listens.",
            DefaultValueFactory = static _ => new Uri("http://localhost:5080"),
            CustomParser = static result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address)) return address;
                result.AddError($"'{result.Tokens[0].Value}' is no address. Give one such as http://localhost:5080.");
                return null;
            },
        };
        var user = new Option<string>("--user") { Description = "Whose tasks: a user of the development server.", DefaultValueFactory = static _ => "ada" };
        var device = new Option<string>("--device")
        {
            Description = "Which device this window is; each has a database of its own.",
            DefaultValueFactory = static _ => "phone",
        };
        var folder = new Option<DirectoryInfo>("--folder")
        {
            Description = "Where the databases of the devices are.",
            DefaultValueFactory = static _ => new DirectoryInfo("data"),
        };
        var offline = new Option<bool>("--offline") { Description = "Begins offline, until you go online." };
        var script = new Option<string?>("--script") { Description = $"Takes lines from a file, or - for the input, in place of keys:\n{Script.Help}" };
        var command = new RootCommand("Tasks that work without a network: open it in two windows, with --device phone and --device laptop.")
        {
            gateway, user, device, folder, offline, script,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            () => Board.OpenAsync(
                Path.Combine(Directory.CreateDirectory(parsed.GetRequiredValue(folder).FullName).FullName, $"{parsed.GetRequiredValue(device)}.db"),
                parsed.GetRequiredValue(gateway)!,
                parsed.GetRequiredValue(user),
                parsed.GetRequiredValue(device),
                parsed.GetValue(offline),
                cancellationToken),
            async board =>
            {
                if (parsed.GetValue(script) is not { } from)
                {
                    await new Terminal(board, parsed.GetRequiredValue(device)).RunAsync(cancellationToken);
                    return;
                }

                using var lines = from == "-" ? null : File.OpenText(from);
                await new Script(board, output).RunAsync(lines ?? input, cancellationToken);
            },
            error,
            cancellationToken));
        return command.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
    }

    private static async Task<int> RunAsync(
        Func<Task<Board>> open, Func<Board, Task> run, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            await using var board = await open();
            await run(board);
            return 0;
        }
        catch (Exception fault) when (fault is SyncException or ScriptException or IOException)
        {
            await error.WriteLineAsync(fault.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Stopped;
        }
    }
}
