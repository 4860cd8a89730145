using System.Collections.Concurrent;
using OrleansSync.Chaos.Devices;
using OrleansSync.Chaos.Network;
using OrleansSync.Chaos.Servers;

namespace OrleansSync.Chaos.Nemesis;

/// <summary>Everything that a fault can hit. What one fault holds no other touches until it is healed.</summary>
internal sealed class World(IServers servers, IReadOnlyList<FaultyProxy> networks, IReadOnlyList<DeviceHost> hosts)
{
    private readonly ConcurrentDictionary<object, bool> _held = new();

    public IServers Servers => servers;

    /// <summary>One before each device.</summary>
    public IReadOnlyList<FaultyProxy> Networks => networks;

    public IReadOnlyList<DeviceHost> Hosts => hosts;

    /// <summary>Takes one of the candidates that nobody holds; <c>null</c>: there is none.</summary>
    public Hold<T>? TryHold<T>(IEnumerable<T> candidates, Random random)
        where T : class
    {
        foreach (var candidate in candidates.OrderBy(_ => random.Next()))
        {
            if (_held.TryAdd(candidate, true)) return new Hold<T>(candidate, () => _held.TryRemove(candidate, out _));
        }

        return null;
    }
}

/// <summary>A target that is one fault's alone, until it is disposed.</summary>
internal sealed class Hold<T>(T target, Action release) : IDisposable
{
    public T Target => target;

    public void Dispose() => release();
}
