using System.Net;
using System.Net.Sockets;

namespace OrleansSync.Hosting;

/// <summary>How silos and gateways find each other. Processes of one cluster have the same ids.</summary>
public sealed record ClusterSettings
{
    /// <summary>Silos of the same id in the same database are one cluster.</summary>
    public string ClusterId { get; init; } = "orleanssync";

    /// <summary>What the cluster serves; it stays when a cluster is replaced by another.</summary>
    public string ServiceId { get; init; } = "orleanssync";

    /// <summary>The port at which other silos reach this one.</summary>
    public int SiloPort { get; init; } = 11_111;

    /// <summary>The port at which gateways reach this silo.</summary>
    public int GatewayPort { get; init; } = 30_000;

    /// <summary>
    /// The address at which this silo listens and the others find it: an IP address of this machine, or a name that stands
    /// for one. The loopback unless said otherwise, which is for clusters on one machine.
    /// </summary>
    public string AdvertisedAddress { get; init; } = "127.0.0.1";

    /// <summary>The address behind <see cref="AdvertisedAddress"/>; <c>null</c>: there is none that others could connect to.</summary>
    internal IPAddress? Resolve()
    {
        if (string.IsNullOrWhiteSpace(AdvertisedAddress)) return null;
        try
        {
            var found = IPAddress.TryParse(AdvertisedAddress, out var address) ? [address] : Dns.GetHostAddresses(AdvertisedAddress);
            return found.Where(static address => !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
                .OrderBy(static address => address.AddressFamily != AddressFamily.InterNetwork)
                .FirstOrDefault();
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            return null;
        }
    }
}
