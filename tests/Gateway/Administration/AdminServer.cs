using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Life;

namespace OrleansSync.Gateway.Tests.Administration;

/// <summary>A server with an operator, and types that refuse things.</summary>
public sealed class AdminServer : IAsyncLifetime
{
    internal LifeServer Life { get; private set; } = null!;

    public async Task InitializeAsync() => Life = await LifeServer.StartAsync(static sync =>
    {
        sync.AcceptUndeclaredTypes(false).AllowOperators("sub", Operator.Name);
        sync.Entity("tasks").Counter("minutes").Set("tags");
        sync.Entity("payments").Policy(ConflictPolicy.Reject).Counter("cents");
        sync.Entity("offers").ResolveWith<OfferResolver>(2);
    });

    public async Task DisposeAsync() => await Life.DisposeAsync();
}
