using Microsoft.Extensions.Configuration.Memory;
using OrleansSync.Gateway.Configuration;
using OrleansSync.Gateway.Hosting;

namespace OrleansSync.Gateway.Executable;

/// <summary>The executable: an embedded server that needs nothing but a folder.</summary>
internal static class EmbeddedServer
{
    private const int Failed = 1;
    private const int Misused = 2;

    /// <summary>Streams are told to go at once, batches in flight get this long to be acknowledged.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(10);

    // Two of Orleans warn at each start: that the server's garbage collector is off, which is on purpose, and that a check
    // has not run since the machine was booted.
    private static readonly Dictionary<string, string?> LogLevels = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:Orleans"] = "Warning",
        ["Logging:LogLevel:Orleans.Runtime.Silo"] = "Error",
        ["Logging:LogLevel:Orleans.Runtime.Watchdog"] = "Error",
        ["Logging:LogLevel:Polly"] = "Warning",
        ["Logging:LogLevel:Grpc"] = "Warning",
    };

    /// <summary>Runs until SIGINT or SIGTERM.</summary>
    /// <returns>The exit code: 0 after a shutdown, 1 when the server could not start, 2 when it was asked wrongly.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var commandLine = CommandLine.Parse(args);
        if (commandLine.Help)
        {
            Console.WriteLine(CommandLine.HelpText);
            return 0;
        }

        if (commandLine.Fault is { } fault)
        {
            await Console.Error.WriteLineAsync($"{fault}. Run with --help to see what is.");
            return Misused;
        }

        try
        {
            await using var app = Build(commandLine);
            app.Services.GetRequiredService<BoundPorts>().ThrowIfTaken();
            await app.StartAsync();
            Console.WriteLine(ReadyLine(app));
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (OrleansSyncConfigurationException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return Misused;
        }
#pragma warning disable CA1031 // Whatever stops a start is told in one line; the log above has the rest.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync($"OrleansSync could not start. {exception.Message}");
            return Failed;
        }
    }

    private static WebApplication Build(CommandLine commandLine)
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
        builder.AddOrleansSync(static sync => sync.UseSqlite("data").ListenOnLoopback());
        var app = builder.Build();
        app.MapOrleansSync();
        app.MapOrleansSyncHealth();
        app.MapGet("/", static () => Results.Text(IndexPage.Html, "text/html; charset=utf-8"));
        return app;
    }

    private static string ReadyLine(WebApplication app)
    {
        var ports = app.Services.GetRequiredService<BoundPorts>();
        var settings = app.Services.GetRequiredService<ServerSettings>();
        return $"OrleansSync ready: grpc=http://127.0.0.1:{ports.Grpc} http=http://127.0.0.1:{ports.Http} data={settings.DataFolder}";
    }
}
