using OrleansSync.Backends;
using OrleansSync.Chaos.Checking;
using OrleansSync.Chaos.Network;

namespace OrleansSync.Chaos.Servers;

/// <summary>The servers of a run: what the nemesis can hit, where the devices connect, and what is in the database at the end.</summary>
internal interface IServers : IAsyncDisposable
{
    /// <summary>Processes that can be killed, stopped and started again.</summary>
    IReadOnlyList<BackendProcess> Processes { get; }

    /// <summary>Ports of the gateways, for devices.</summary>
    IReadOnlyList<int> GatewayPorts { get; }

    /// <summary>The database server with the network before it; <c>null</c>: it is a file.</summary>
    IDatabaseServer? Database { get; }

    /// <summary>What the database holds of each user.</summary>
    Task<IReadOnlyDictionary<string, ServerScope>> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>A database server that can be restarted and cut off.</summary>
internal interface IDatabaseServer
{
    /// <summary>The network between the silos and it.</summary>
    FaultyProxy Network { get; }

    Task RestartAsync(bool crash, TimeSpan away, CancellationToken cancellationToken);

    /// <summary>Ends backends of the silos; true: there was one that was doing something.</summary>
    Task<bool> TerminateBackendsAsync(int most, CancellationToken cancellationToken);
}
