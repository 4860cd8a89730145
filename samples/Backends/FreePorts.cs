using System.Net;
using System.Net.Sockets;

namespace OrleansSync.Backends;

/// <summary>Ports of the loopback that nobody listens on now.</summary>
public static class FreePorts
{
    /// <summary>Different ones, because all are held until all are found.</summary>
    public static int[] Take(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        try
        {
            foreach (var listener in listeners) listener.Start();
            return [.. listeners.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners) listener.Dispose();
        }
    }
}
