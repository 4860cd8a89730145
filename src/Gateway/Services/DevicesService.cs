using Grpc.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Services;

/// <summary>The caller's devices.</summary>
internal sealed class DevicesService(IGrainFactory grains) : Devices.DevicesBase
{
    public override async Task<ListDevicesResponse> ListDevices(ListDevicesRequest request, ServerCallContext context)
    {
        var devices = await grains.GetGrain<IUserGrain>(CallGate.CallerOf(context).User).ListDevicesAsync();
        return new ListDevicesResponse { Devices = { devices.Select(DeviceMapping.ToWire) } };
    }

    public override async Task<RevokeDeviceResponse> RevokeDevice(RevokeDeviceRequest request, ServerCallContext context)
    {
        var device = Requests.Device(request.DeviceId, "device_id");
        var known = await grains.GetGrain<IUserGrain>(CallGate.CallerOf(context).User).RevokeDeviceAsync(device);
        return known ? new RevokeDeviceResponse() : throw SyncErrors.DeviceUnknown();
    }
}
