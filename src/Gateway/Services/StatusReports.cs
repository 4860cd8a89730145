using OrleansSync.Core;
using OrleansSync.Gateway.Authentication;
using OrleansSync.Gateway.Watch;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Devices;
using OrleansSync.Silo.Configuration;
using DeviceStatus = OrleansSync.Grains.Contracts.DeviceStatus;

namespace OrleansSync.Gateway.Services;

/// <summary>Passes on what a device tells of its queue, and how far it has come. It is for the user's eyes: no push waits for it or fails by it.</summary>
internal sealed class StatusReports(IGrainFactory grains, ServerSettings settings, ILogger<StatusReports> logger)
{
    public void Report(Caller caller, DeviceId device, DeviceStatus status) =>
        _ = KeepAsync(caller, device, grain => grain.ReportAsync(null, status, settings.Time.GetUtcNow().ToUnixTimeMilliseconds()));

    /// <summary>A stream of the device has ended: how far it has come is kept.</summary>
    public void Ended(Caller caller, DeviceConnection connection)
    {
        if (connection.Position is { } position) _ = KeepAsync(caller, connection.Device, device => device.ReachedAsync(position));
    }

    private async Task KeepAsync(Caller caller, DeviceId device, Func<IDeviceGrain, Task> keep)
    {
        try
        {
            await keep(grains.GetGrain<IDeviceGrain>(DeviceGrainKey.Of(caller.User, device)));
        }
#pragma warning disable CA1031 // Whatever the profile's storage has, it is logged, and the next push reports again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.StatusNotKept(logger, exception);
        }
    }
}
