using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansSync.Core;
using OrleansSync.Hosting;

namespace OrleansSync.Testing.Server;

/// <summary>The embedded server, whole, in this process: devices reach it through memory. It reads no configuration of the machine.</summary>
internal sealed class WorldServer : IAsyncDisposable
{
    /// <summary>Not this machine's: a device is online or not whatever the network of the tests' machine.</summary>
    public static readonly Uri Address = new("https://world.test");

    private readonly WebApplication _app;

    private WorldServer(WebApplication app) => _app = app;

    /// <summary>The rules that it goes by.</summary>
    public SyncSchema Schema => _app.Services.GetRequiredService<SyncSchema>();

    /// <param name="folder">Where it keeps its data.</param>
    /// <param name="configure">What the app says of its server.</param>
    /// <param name="loggers">Where its log goes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<WorldServer> StartAsync(
        string folder, Action<OrleansSyncBuilder> configure, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        // Development: the token names the user.
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { EnvironmentName = Environments.Development, ContentRootPath = folder });
        builder.WebHost.UseTestServer();
        builder.AddOrleansSync(sync =>
        {
            sync.UseSqlite("server");
            configure(sync);
        });
        builder.Services.AddSingleton(loggers);
        var app = builder.Build();
        app.MapOrleansSync();
        await app.StartAsync(cancellationToken);
        return new WorldServer(app);
    }

    /// <summary>For callers on the same machine, which is whose tokens are believed in Development.</summary>
    public HttpMessageHandler CreateHandler() =>
        _app.GetTestServer().CreateHandler(static context => context.Connection.RemoteIpAddress = IPAddress.Loopback);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
