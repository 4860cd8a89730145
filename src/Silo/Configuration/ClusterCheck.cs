using OrleansSync.Hosting;

namespace OrleansSync.Silo.Configuration;

/// <summary>Whether the others can find this process by what its cluster settings say.</summary>
internal static class ClusterCheck
{
    private const string Section = $"{ConfigurationReader.Section}:Cluster";
    private const int MaxIdLength = 100;

    public static void Check(ClusterSettings cluster, ServerMode mode, ListenSettings? ports, Faults faults)
    {
        if (mode == ServerMode.Embedded) return;
        CheckId("ClusterId", cluster.ClusterId, faults);
        CheckId("ServiceId", cluster.ServiceId, faults);
        if (mode == ServerMode.Gateway) return;

        CheckPort("SiloPort", cluster.SiloPort, faults);
        CheckPort("GatewayPort", cluster.GatewayPort, faults);
        if (cluster.GatewayPort == cluster.SiloPort)
        {
            faults.Add($"{Section}:GatewayPort", cluster.GatewayPort.ToString(), $"choose another than {Section}:SiloPort.");
        }

        if (ports is not null) CheckApart("Http", ports.Http, cluster, faults);
        if (ports is not null && mode == ServerMode.Node) CheckApart("Grpc", ports.Grpc, cluster, faults);
        if (cluster.Resolve() is null)
        {
            faults.Add($"{Section}:AdvertisedAddress", cluster.AdvertisedAddress, "name one address of this machine at which the other "
                + "processes reach it: an IP address, or a name that stands for one. 0.0.0.0 is none.");
        }
    }

    private static void CheckId(string name, string id, Faults faults)
    {
        if (id.Length is > 0 and <= MaxIdLength && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) return;
        faults.Add($"{Section}:{name}", id, $"choose 1 to {MaxIdLength} letters, digits, '-', '_' and '.'.");
    }

    private static void CheckApart(string name, int port, ClusterSettings cluster, Faults faults)
    {
        if (port == 0 || (port != cluster.SiloPort && port != cluster.GatewayPort)) return;
        faults.Add($"{ConfigurationReader.Section}:Ports:{name}", port.ToString(), $"choose another than the ports of {Section}.");
    }

    private static void CheckPort(string name, int port, Faults faults)
    {
        if (port is < 1 or > 65_535) faults.Add($"{Section}:{name}", port.ToString(), "choose 1 to 65535.");
    }
}
