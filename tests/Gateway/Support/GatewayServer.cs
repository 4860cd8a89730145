using System.Collections.Concurrent;
using System.Net;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansSync.Backends.Postgres;
using OrleansSync.Grains.Storage;
using OrleansSync.Hosting;
using OrleansSync.Protocol.V1;
using OrleansSync.Storage.Postgres;

namespace OrleansSync.Gateway.Tests.Support;

/// <summary>
/// A whole embedded server in this process: Kestrel on free ports, a silo, SQLite in a temporary folder. Disposing it
/// fails the test that uses it when the server has logged an error. With ORLEANSSYNC_TEST_STORE=postgres the store is a
/// PostgreSQL database instead, so that all tests of a server run on both.
/// </summary>
public sealed class GatewayServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ErrorCollector _errors;
    private readonly string _folder;
    private readonly PostgresDatabase? _database;

    private GatewayServer(WebApplication app, ErrorCollector errors, string folder, PostgresDatabase? database, Uri grpc, Uri http)
    {
        _app = app;
        _errors = errors;
        _folder = folder;
        _database = database;
        Grpc = grpc;
        Http = http;
        Channel = NewChannel();
        Sync = new Sync.SyncClient(Channel);
        Devices = new Devices.DevicesClient(Channel);
    }

    public Uri Grpc { get; }

    public Uri Http { get; }

    public GrpcChannel Channel { get; }

    public Sync.SyncClient Sync { get; }

    public Devices.DevicesClient Devices { get; }

    public IServiceProvider Services => _app.Services;

    /// <param name="configure">The server's own configuration.</param>
    /// <param name="host">The host, before OrleansSync is added.</param>
    /// <param name="services">What OrleansSync has registered, to put tests' parts between.</param>
    /// <param name="environment">Development, or another.</param>
    public static async Task<GatewayServer> StartAsync(
        Action<OrleansSyncBuilder>? configure = null,
        Action<WebApplicationBuilder>? host = null,
        Action<IServiceCollection>? services = null,
        string environment = "Development")
    {
        var folder = Directory.CreateTempSubdirectory("orleanssync-gateway-").FullName;
        var errors = new ErrorCollector();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment, ContentRootPath = folder });
        builder.Logging.ClearProviders().AddProvider(errors).SetMinimumLevel(LogLevel.Warning);
        host?.Invoke(builder);
        builder.AddOrleansSync(sync =>
        {
            sync.UseSqlite("data").ListenOnLoopback(0, 0);
            configure?.Invoke(sync);
        });
        var database = Environment.GetEnvironmentVariable("ORLEANSSYNC_TEST_STORE") == "postgres" ? await PostgresDatabase.CreateAsync() : null;
        if (database is not null)
        {
            builder.Services.Replace(ServiceDescriptor.Singleton<ISyncStore>(provider => PostgresStore.Open(
                new PostgresStoreOptions { ConnectionString = database.ConnectionString, Connections = 8 },
                provider.GetRequiredService<ILogger<PostgresStore>>())));
        }

        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapOrleansSync();
        app.MapOrleansSyncHealth();
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        return new GatewayServer(app, errors, folder, database, new Uri(addresses[0]), new Uri(addresses[1]));
    }

    public GrpcChannel NewChannel() => GrpcChannel.ForAddress(Grpc, new GrpcChannelOptions
    {
        MaxReceiveMessageSize = 4 * 1024 * 1024,
        HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true },
    });

    /// <summary>As SIGTERM does; returns when the server is down.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <summary>Errors the server has logged; reading them makes them expected.</summary>
    public IReadOnlyList<string> TakeErrors() => _errors.Take();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        if (_database is not null) await _database.DisposeAsync();
        // A check of the server's health may come while it ends, and then says so.
        var errors = _errors.Take().FindAll(static error => !error.Contains("The server is draining.", StringComparison.Ordinal));
        if (errors.Count == 0) return;
        var text = $"The server logged errors:\n{string.Join('\n', errors)}";
        // Of a fixture's end the runner tells only the kind of exception.
        await Console.Error.WriteLineAsync(text);
        throw new InvalidOperationException(text);
    }

    private sealed class ErrorCollector : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _errors = new();

        public List<string> Take()
        {
            var errors = new List<string>();
            while (_errors.TryDequeue(out var error)) errors.Add(error);
            return errors;
        }

        public ILogger CreateLogger(string categoryName) => new Collecting(_errors, categoryName);

        public void Dispose() { }

        private sealed class Collecting(ConcurrentQueue<string> errors, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (IsEnabled(logLevel)) errors.Enqueue($"{category} {eventId.Id}: {formatter(state, exception)} {exception}");
            }
        }
    }
}
