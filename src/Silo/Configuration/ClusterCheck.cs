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
        if (mode != ServerMode.Silo) return;

        CheckPort("SiloPort", cluster.SiloPort, faults);
        CheckPort("GatewayPort", cluster.GatewayPort, faults);
        if (cluster.GatewayPort == cluster.SiloPort)
        {
            faults.Add($"{Section}:GatewayPort", cluster.GatewayPort.ToString(), $"choose another than {Section}:SiloPort.");
        }

        if (ports is { Http: > 0 and var http } && (http == cluster.SiloPort || http == cluster.GatewayPort))
        {
            faults.Add($"{ConfigurationReader.Section}:Ports:Http", http.ToString(), $"choose another than the ports of {Section}.");
        }

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

    private static void CheckPort(string name, int port, Faults faults)
    {
        if (port is < 1 or > 65_535) faults.Add($"{Section}:{name}", port.ToString(), "choose 1 to 65535.");
    }
}
