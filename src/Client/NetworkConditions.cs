using System.Net.NetworkInformation;

namespace OrleansSync.Client;

/// <summary>The device's conditions as far as .NET sees them: whether any network but the loopback is up. It knows of no meter and no battery.</summary>
public sealed class NetworkConditions : IDeviceConditions, IDisposable
{
    /// <summary>Listens from now on.</summary>
    public NetworkConditions() => NetworkChange.NetworkAvailabilityChanged += OnChanged;

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public DeviceConditions Current => new(NetworkInterface.GetIsNetworkAvailable());

    /// <summary>Listens no more.</summary>
    public void Dispose() => NetworkChange.NetworkAvailabilityChanged -= OnChanged;

    private void OnChanged(object? sender, NetworkAvailabilityEventArgs change) => Changed?.Invoke();
}
