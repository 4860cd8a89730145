namespace OrleansSync.Gateway.Tests.Support;

/// <summary>One server for the tests that leave it as they found it; each takes a user of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public GatewayServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await GatewayServer.StartAsync(static sync =>
    {
        sync.AcceptUndeclaredTypes(false);
        sync.Entity("tasks").Counter("minutes");
        sync.Entity("notes");
    });

    public async Task DisposeAsync() => await Server.DisposeAsync();

    public static string NewUser() => $"user-{Guid.NewGuid():N}";
}

[CollectionDefinition(Name)]
public sealed class SharedServerTests : ICollectionFixture<SharedServer>
{
    public const string Name = "shared server";
}
