using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansSync.Bench.Floor;

const int Failed = 1;
const int WrongCommandLine = 2;

if (args.Contains("--help"))
{
    Console.WriteLine(FloorOptions.Help);
    return 0;
}

FloorOptions options;
try
{
    options = FloorOptions.Parse(args);
}
catch (FormatException wrong)
{
    await Console.Error.WriteLineAsync($"{wrong.Message} --help shows the command line.");
    return WrongCommandLine;
}

try
{
    await using IFloorStore store = options.Store == FloorOptions.Postgres
        ? new PostgresFloor(options.Source)
        : new SqliteFloor(options.Source);
    await store.StartAsync();

    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.SetMinimumLevel(LogLevel.Warning);
    builder.WebHost.ConfigureKestrel(kestrel =>
    {
        kestrel.Listen(IPAddress.Loopback, options.Port, listen => listen.Protocols = HttpProtocols.Http2);
        // Many devices on one connection, each with batches in flight, are not to wait for each other's windows.
        kestrel.Limits.Http2.MaxStreamsPerConnection = 10_000;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 16 * 1024 * 1024;
        kestrel.Limits.Http2.InitialStreamWindowSize = 1024 * 1024;
    });
    builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
    builder.Services.AddGrpc();
    builder.Services.AddSingleton(store);
    builder.Services.AddSingleton<Watchers>();

    await using var app = builder.Build();
    app.MapGrpcService<FloorService>();
    await app.StartAsync();
    Console.WriteLine($"Floor ready: grpc={app.Urls.Single()}");
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception exception)
{
    await Console.Error.WriteLineAsync($"The floor failed: {exception.Message}");
    return Failed;
}
