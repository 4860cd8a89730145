using OrleansSync.Client.OpLog;
using OrleansSync.Convergence.Tests.Checkers;
using OrleansSync.Convergence.Tests.Devices;
using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Server;

namespace OrleansSync.Convergence.Tests.Runs;

/// <summary>How a run differs from the usual one.</summary>
internal sealed record RunOptions
{
    public ServerDoubles Server { get; init; } = new();

    /// <summary>Stands between each device and its log.</summary>
    public Func<ILocalLog, ILocalLog> Log { get; init; } = static log => log;

    /// <summary>What ends a device's process at this point of its life; <c>null</c>: nothing.</summary>
    public Func<SimulatedDevice, FaultKind?> EndsAt { get; init; } = static _ => null;

    /// <summary>Where the devices keep their databases; <c>null</c>: in memory.</summary>
    public string? Folder { get; init; }

    /// <summary>Instead of those of every run; <c>null</c>: those.</summary>
    public Func<RunRecord, IEnumerable<Checker>>? Checkers { get; init; }

    /// <summary>Beside those of every run.</summary>
    public Func<RunRecord, IEnumerable<Checker>> MoreCheckers { get; init; } = static _ => [];

    /// <summary>What a scenario does beside its plan.</summary>
    public Func<Simulation, Task>? Scenario { get; init; }
}
