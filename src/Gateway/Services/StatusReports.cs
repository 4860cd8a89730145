using OrleansSync.Core;
using OrleansSync.Gateway.Authentication;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Devices;
using OrleansSync.Silo.Configuration;
using DeviceStatus = OrleansSync.Grains.Contracts.DeviceStatus;

namespace OrleansSync.Gateway.Services;

/// <summary>Passes on what a device tells of its queue. It is for the user's eyes: no push waits for it or fails by it.</summary>
internal sealed class StatusReports(IGrainFactory grains, ServerSettings settings, ILogger<StatusReports> logger)
{
    public void Report(Caller caller, DeviceId device, DeviceStatus status) => _ = ReportAsync(caller, device, status);

    private async Task ReportAsync(Caller caller, DeviceId device, DeviceStatus status)
    {
        try
        {
            var grain = grains.GetGrain<IDeviceGrain>(DeviceGrainKey.Of(caller.User, device));
            await grain.ReportAsync(null, status, settings.Time.GetUtcNow().ToUnixTimeMilliseconds());
        }
#pragma warning disable CA1031 // Whatever the profile's storage has, it is logged, and the next push reports again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.StatusNotKept(logger, exception);
        }
    }
}
