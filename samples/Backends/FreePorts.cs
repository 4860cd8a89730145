using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace OrleansSync.Backends;

/// <summary>
/// Ports of the loopback that nobody listens on now. They lie below those that the operating system gives to outgoing connections
/// and to "any port" (from 32,768 on Linux, from 49,152 elsewhere): a server that is killed and comes back finds its port free,
/// however many connections others have made meanwhile.
/// </summary>
public static class FreePorts
{
    private const int First = 20_000;
    private const int End = 32_000;
    private const int MaxTries = 1_000;

    private static readonly HashSet<int> Given = [];

    /// <summary>Ports that this process has not been given before.</summary>
    public static int[] Take(int count)
    {
        lock (Given) return [.. Enumerable.Range(0, count).Select(static _ => TakeOne())];
    }

    private static int TakeOne()
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var port = RandomNumberGenerator.GetInt32(First, End);
            if (!Given.Contains(port) && IsFree(port))
            {
                Given.Add(port);
                return port;
            }
        }

        throw new BackendException($"No free port on the loopback between {First} and {End} after {MaxTries} tries.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
