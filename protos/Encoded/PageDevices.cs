using Google.Protobuf;
using OrleansSync.Core;

namespace OrleansSync.Protocol.Encoded;

/// <summary>The devices of a page, which the stamps of its rows point to.</summary>
internal sealed class PageDevices
{
    private readonly DeviceId[] _devices;

    private PageDevices(DeviceId[] devices) => _devices = devices;

    /// <exception cref="InvalidDataException">One is no UUID.</exception>
    public static PageDevices Read(IReadOnlyList<ByteString> wire)
    {
        var devices = new DeviceId[wire.Count];
        for (var i = 0; i < devices.Length; i++)
        {
            if (!WireIds.TryRead(wire[i], out devices[i])) throw new InvalidDataException($"devices[{i}] is no UUID of 16 bytes.");
        }

        return new PageDevices(devices);
    }

    /// <param name="index">In the page's table.</param>
    /// <param name="owner">What names it.</param>
    public DeviceId Of(uint index, string owner) =>
        index < _devices.Length
            ? _devices[index]
            : throw new MalformedRowException($"{owner}.device", $"{index} is none of the page's {_devices.Length} devices");

    public Stamp Optional(in StampParts stamp, string path) => stamp.IsThere ? Required(stamp, path) : default;

    public Stamp Required(in StampParts stamp, string path)
    {
        if (!stamp.IsThere) throw new MalformedRowException(path, "is missing");
        if (stamp.Counter <= 0) throw new MalformedRowException($"{path}.counter", "is not positive");
        return new Stamp(stamp.Counter, Of(stamp.Device, path));
    }
}
