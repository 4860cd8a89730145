namespace OrleansSync.Silo.Executable;

/// <summary>A silo as a process: arguments in, one clear line out when it cannot run.</summary>
internal static class SiloProgram
{
    private const int CannotRun = 1;
    private const int WrongArguments = 2;

    private static readonly string[] StartLoggers =
        ["Microsoft.Extensions.Hosting.Internal.Host", "Orleans.Runtime.SiloLifecycleSubject", "Orleans.Runtime.Silo"];

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var (arguments, faults) = SiloArguments.Parse(args);
        if (arguments.Help)
        {
            await output.WriteLineAsync(SiloArguments.Usage);
            return 0;
        }

        if (faults.Count > 0)
        {
            foreach (var fault in faults) await error.WriteLineAsync(fault);
            return WrongArguments;
        }

        try
        {
            using var host = Build(arguments);
            await host.StartAsync();
            await output.WriteLineAsync(
                $"The silo serves {Path.GetFullPath(arguments.DataFolder)} to gateways on port {arguments.GatewayPort}. Ctrl+C ends it.");
            await host.WaitForShutdownAsync();
            return 0;
        }
#pragma warning disable CA1031 // The last line of defence: a person reads this, and a stack trace would hide the cause.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await error.WriteLineAsync($"The silo cannot run: {CauseOf(exception)}");
            return CannotRun;
        }
    }

    private static IHost Build(SiloArguments arguments)
    {
        // The arguments are ours; the host's own reader would take --data for a configuration key.
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // What a start meets is told once, by RunAsync; these would tell it three times more, with stack traces.
        foreach (var category in StartLoggers) builder.Logging.AddFilter(category, LogLevel.None);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(arguments.SiloPort, arguments.GatewayPort);
            silo.AddOrleansSyncSilo(new SyncSiloOptions { Storage = SiloStorage.Sqlite(arguments.DataFolder), Schema = arguments.Schema });
        });
        return builder.Build();
    }

    // Orleans wraps what a start met; the first cause is what a person can mend.
    private static string CauseOf(Exception exception)
    {
        while (exception is AggregateException or OrleansLifecycleCanceledException or OrleansException
               && exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception.Message;
    }
}
