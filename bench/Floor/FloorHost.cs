using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OrleansSync.Bench.Floor;

/// <summary>Serves a store until the process is told to end.</summary>
internal static class FloorHost
{
    public static async Task RunAsync(IFloorStore store, int port, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton<Watchers>();
        await using var app = builder.Build();
        app.MapGrpcService<FloorService>();
        await app.StartAsync(cancellationToken);
        Console.WriteLine($"Floor ready: grpc=http://127.0.0.1:{port}");
        await app.WaitForShutdownAsync(cancellationToken);
    }
}
