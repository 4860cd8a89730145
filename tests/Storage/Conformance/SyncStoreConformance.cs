using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Conformance;

/// <summary>What every store does. A store's test class inherits it and says how to open one; the parts are by topic.</summary>
public abstract partial class SyncStoreConformance : IAsyncLifetime
{
    protected static ScopeId Scope { get; } = ScopeId.ForUser("ada");

    protected ISyncStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<ISyncStore> OpenAsync();

    protected abstract Task CloseAsync();

    protected Task<Owner> OwnerAsync(ScopeId? scope = null) => Owner.ClaimAsync(Store, scope ?? Scope);

    private protected static ChangeQuery FromStart(ScopeId? scope = null) => new()
    {
        Scope = scope ?? Scope,
        After = ChangePosition.AfterSequence(0),
    };

    private protected async Task<ChangePage> PageAsync(ChangeQuery query)
    {
        var page = await Store.ReadChangesAsync(query, default);
        Assert.NotNull(page);
        return page;
    }

    /// <summary>Rows, journal and head are what they were.</summary>
    private protected async Task AssertUnchangedAsync(Owner owner, params EntityRow[] rows)
    {
        var page = await PageAsync(FromStart(owner.Scope) with { Device = Owner.Phone });
        Assert.Equal(rows, page.Rows, RowComparer.Instance);
        Assert.All(page.Outcomes, outcome => Assert.True(outcome.Sequence <= owner.Head));
        Assert.Equal(owner.Head, page.State.Head);
    }
}
