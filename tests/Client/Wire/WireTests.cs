namespace OrleansSync.Client.Tests.Wire;

/// <summary>A scripted gateway for each test, and a device that syncs with it on request.</summary>
public abstract class WireTests : IAsyncLifetime
{
    private protected ScriptedGateway Gateway { get; private set; } = null!;

    private protected TestDevice Device { get; private set; } = null!;

    private protected WireScript Script => Gateway.Script;

    public async Task InitializeAsync()
    {
        Gateway = await ScriptedGateway.StartAsync();
        Device = await TestDevice.OpenAsync(Gateway.Address, Change);
    }

    public async Task DisposeAsync()
    {
        await Device.DisposeAsync();
        await Gateway.DisposeAsync();
    }

    /// <summary>Changes the options of the device.</summary>
    private protected virtual SyncStoreOptions Change(SyncStoreOptions options) => options;
}
