namespace OrleansSync.Samples.GitReplay.Replaying;

/// <summary>
/// The devices of a run, all of one user. The user is new: nothing is there yet, and nobody else's data is touched on a
/// gateway that others use.
/// </summary>
internal sealed class DeviceSet(string folder, Uri gateway) : IAsyncDisposable
{
    private readonly List<ReplayDevice> _devices = [];

    public string User { get; } = $"git-replay-{Guid.NewGuid():n}";

    public Uri Gateway => gateway;

    public IReadOnlyList<ReplayDevice> All => _devices;

    public async Task<ReplayDevice> OpenAsync(string name, CancellationToken cancellationToken)
    {
        var device = await ReplayDevice.OpenAsync(name, folder, gateway, User, cancellationToken);
        _devices.Add(device);
        return device;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices) await device.DisposeAsync();
    }
}
