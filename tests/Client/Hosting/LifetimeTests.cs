using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using OrleansSync.Client.Sync;
using OrleansSync.Client.Tests.Wire;

namespace OrleansSync.Client.Tests.Hosting;

/// <summary>A store in a host: when it opens and closes, and what it takes from the container.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public async Task The_store_is_open_while_the_services_of_the_host_run_whatever_their_order()
    {
        using var host = new TestHost(("DatabasePath", "app.db"));
        // Before the store: it starts first and stops last.
        host.Services.AddSingleton<Writer>().AddHostedService(static services => services.GetRequiredService<Writer>());
        host.Services.AddOrleansSyncClient(host.Section);
        using var app = host.Builder.Build();

        await app.StartAsync();
        var store = app.Services.GetRequiredService<SyncStore>();
        Assert.Equal(1, await store.Collection("notes").CountAsync());
        await app.StopAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.Collection("notes").CountAsync());
        await using var again = await SyncStore.OpenAsync(new SyncStoreOptions { DatabasePath = host.PathOf("app.db") });
        Assert.Equal(2, await again.Collection("notes").CountAsync());
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_stops_the_start_with_its_code_and_no_service_starts()
    {
        using var host = new TestHost(("DatabasePath", "app.db"));
        await File.WriteAllTextAsync(host.PathOf("app.db"), new string('?', 5_000));
        var other = new StartedService();
        host.Services.AddHostedService(_ => other);
        host.Services.AddOrleansSyncClient(host.Section);
        using var app = host.Builder.Build();

        var error = await Assert.ThrowsAsync<SyncException>(() => app.RunAsync());

        Assert.Equal("OS2002", error.Code);
        Assert.Contains($"{host.PathOf("app.db")} is damaged or not a database of this library", error.Message, StringComparison.Ordinal);
        Assert.False(other.HasStarted);
    }

    [Fact]
    public async Task Without_a_host_the_store_opens_where_it_is_first_asked_for_and_closes_with_the_container()
    {
        using var folder = new TestHost();
        var services = new ServiceCollection();
        services.AddOrleansSyncClient(settings => settings.DatabasePath = folder.PathOf("app.db"));
        await using (var provider = services.BuildServiceProvider())
        {
            var store = provider.GetRequiredService<SyncStore>();
            Assert.Same(store, provider.GetRequiredService<SyncStore>());
            await store.Collection("notes").PutAsync(new SyncDocument("n1", []));
        }

        await using var again = await SyncStore.OpenAsync(new SyncStoreOptions { DatabasePath = folder.PathOf("app.db") });
        Assert.Equal(1, await again.Collection("notes").CountAsync());
    }

    [Fact]
    public async Task Credentials_time_logs_and_conditions_are_those_of_the_container()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        var (tokens, time) = (new ConcurrentQueue<string>(), new FakeTimeProvider());
        gateway.Script.OnToken = tokens.Enqueue;
        using var host = new TestHost(("DatabasePath", "app.db"), ("Gateway", gateway.Address.ToString()));
        host.Services.AddSingleton(new SignedIn("ada")).AddSingleton<TimeProvider>(time);
        host.Services.AddOrleansSyncClient(host.Section).UseCredentials<Tokens>().UseConditions<Saving>();
        using var app = host.Builder.Build();
        await app.StartAsync();
        var store = app.Services.GetRequiredService<SyncStore>();
        await Eventually.TrueAsync(() => store.Status.Connection == SyncConnection.Online, "online");
        await Eventually.TrueAsync(() => host.Logs.Entered(SessionPhase.Watching) > 0, "the log of it");

        Assert.NotEmpty(tokens);
        Assert.All(tokens, token => Assert.Equal("dev:ada", token));
        await store.Collection("notes").PutAsync(new SyncDocument("n1", new JsonObject { ["title"] = "a" }));
        Assert.Equal(time.GetUtcNow().ToUnixTimeMilliseconds(), store.Status.OldestPending!.Value.ToUnixTimeMilliseconds());
        // A device that saves waits for a minute, from when its scheduler hears of the write.
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(gateway.Script.Batches);
        await Eventually.TrueAsync(() => Passes(store), "the push");
        await app.StopAsync();

        bool Passes(SyncStore store)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return store.Status.Pending == 0;
        }
    }

    [Fact]
    public async Task Registered_credentials_and_conditions_need_no_call_and_a_handler_is_below_the_channel()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        using var handler = new CountingHandler();
        using var host = new TestHost(("DatabasePath", "app.db"), ("Gateway", gateway.Address.ToString()), ("AutoSync", "false"));
        var conditions = new Saving();
        host.Services.AddSingleton<ISyncCredentials>(new FixedToken("dev:ada")).AddSingleton<IDeviceConditions>(conditions);
        host.Services.AddOrleansSyncClient(host.Section).UseHttpHandler(_ => handler);
        using var app = host.Builder.Build();
        await app.StartAsync();

        await app.Services.GetRequiredService<SyncStore>().SyncNowAsync();
        Assert.NotEqual(0, handler.Requests);
        Assert.True(conditions.IsHeard);
        await app.StopAsync();
        Assert.False(conditions.IsHeard);
    }

    [Fact]
    public async Task Conditions_are_what_the_platform_sees_unless_they_are_ignored()
    {
        using var host = new TestHost(("DatabasePath", "app.db"));
        var builder = host.Services.AddOrleansSyncClient(host.Section);
        await using var services = host.Services.BuildServiceProvider();

        Assert.Same(services.GetRequiredService<NetworkConditions>(), builder.Conditions(services));
        Assert.Null(builder.IgnoreConditions().Conditions(services));
    }

    /// <summary>Writes as it starts and as it stops.</summary>
    private sealed class Writer(SyncStore store) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => PutAsync("start");

        public Task StopAsync(CancellationToken cancellationToken) => PutAsync("stop");

        private Task<WriteReceipt> PutAsync(string id) => store.Collection("notes").PutAsync(new SyncDocument(id, []));
    }

    private sealed class StartedService : IHostedService
    {
        public bool HasStarted { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            HasStarted = true;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed record SignedIn(string User);

    private sealed class Tokens(SignedIn who) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => new($"dev:{who.User}");
    }

    private sealed class Saving : IDeviceConditions
    {
        public event Action? Changed;

        public DeviceConditions Current => new(Saving: true);

        public bool IsHeard => Changed is not null;
    }

    private sealed class CountingHandler() : DelegatingHandler(new SocketsHttpHandler())
    {
        private int _requests;

        public int Requests => Volatile.Read(ref _requests);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _requests);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
