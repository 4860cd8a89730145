using Microsoft.Extensions.Configuration.Memory;
using OrleansSync.Hosting;
using OrleansSync.Silo.Hosting;

namespace OrleansSync.Silo.Executable;

/// <summary>
/// What the executables have in common: arguments in, one line out when the server is ready, and a clear one when it cannot run.
/// </summary>
internal sealed record ServerProgram
{
    private const int Failed = 1;
    private const int Misused = 2;

    /// <summary>
    /// Streams are told to go at once, batches in flight get this long to be acknowledged, and grains to deactivate. An
    /// orchestrator has to wait a little longer before it kills.
    /// </summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(20);

    // Some of Orleans warn at each start: that the server's garbage collector is off, which is on purpose, and that a check
    // has not run since the machine was booted. What a start meets is told once, below; three of them would repeat it with
    // stack traces.
    private static readonly Dictionary<string, string?> LogLevels = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
        // At any other level ASP.NET Core makes an activity and a scope of each request for the log, and keeps them as long as a device watches.
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
        ["Logging:LogLevel:Orleans"] = "Warning",
        ["Logging:LogLevel:Orleans.Runtime.Silo"] = "Error",
        ["Logging:LogLevel:Orleans.Runtime.SiloLifecycleSubject"] = "None",
        ["Logging:LogLevel:Orleans.Runtime.Watchdog"] = "Error",
        ["Logging:LogLevel:Polly"] = "Warning",
        ["Logging:LogLevel:Grpc"] = "Warning",
    };

    public required string Help { get; init; }

    public required IReadOnlyDictionary<string, string> ShortNames { get; init; }

    /// <summary>Composes the server.</summary>
    public required Action<WebApplicationBuilder> Compose { get; init; }

    /// <summary>Maps what it answers.</summary>
    public required Action<WebApplication> Map { get; init; }

    /// <summary>The line that says it is ready.</summary>
    public required Func<IServiceProvider, string> Ready { get; init; }

    /// <summary>Runs until SIGINT or SIGTERM.</summary>
    /// <returns>The exit code: 0 after a shutdown, 1 when the server could not start, 2 when it was asked wrongly.</returns>
    public async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var commandLine = CommandLine.Parse(args, ShortNames);
        if (commandLine.Help)
        {
            await output.WriteLineAsync(Help);
            return 0;
        }

        if (commandLine.Fault is { } fault)
        {
            await error.WriteLineAsync($"{fault}. Run with --help to see what is.");
            return Misused;
        }

        try
        {
            await using var app = Build(commandLine);
            if (commandLine.NewLineage)
            {
                await NewLineage.RunAsync(app.Services, output, CancellationToken.None);
                return 0;
            }

            app.Services.GetRequiredService<BoundPorts>().ThrowIfTaken();
            await app.StartAsync();
            await output.WriteLineAsync(Ready(app.Services));
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (OrleansSyncConfigurationException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return Misused;
        }
#pragma warning disable CA1031 // Whatever stops a start is told in one line; the log above has the rest.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await error.WriteLineAsync($"{(commandLine.NewLineage ? "OrleansSync gave no new lineage, or not to all." : "OrleansSync could not start.")} {CauseOf(exception)}");
            return Failed;
        }
    }

    private WebApplication Build(CommandLine commandLine)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = commandLine.Environment });
        builder.Configuration.AddInMemoryCollection(commandLine.Settings);
        // What the frameworks have to say is for whoever asks; below every other source, so that asking is easy.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = LogLevels });
        // Standard output is for the line that says ready; whoever starts the server reads it.
        builder.Logging.ClearProviders().AddSimpleConsole(static console => console.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = ShutdownTimeout);
        Compose(builder);
        var app = builder.Build();
        Map(app);
        return app;
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
