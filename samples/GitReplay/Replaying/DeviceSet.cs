namespace OrleansSync.Samples.GitReplay.Replaying;

/// <summary>
/// The devices of a run, all of one user. The user is new: nothing is there yet, and nobody else's data is touched on a
/// gateway that others use. Where there are several gateways, each device takes the next.
/// </summary>
internal sealed class DeviceSet(string folder, IReadOnlyList<Uri> gateways) : IAsyncDisposable
{
    private readonly List<ReplayDevice> _devices = [];

    public string User { get; } = $"git-replay-{Guid.NewGuid():n}";

    public IReadOnlyList<Uri> Gateways => gateways;

    public IReadOnlyList<ReplayDevice> All => _devices;

    public async Task<ReplayDevice> OpenAsync(string name, CancellationToken cancellationToken)
    {
        var device = await ReplayDevice.OpenAsync(name, folder, gateways[_devices.Count % gateways.Count], User, cancellationToken);
        _devices.Add(device);
        return device;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices) await device.DisposeAsync();
    }
}
