using OrleansSync.Chaos.Nemesis.Faults;

namespace OrleansSync.Chaos.Nemesis;

/// <summary>Faults that are injected beside the others, a few at a time.</summary>
/// <param name="Name">For its generator.</param>
/// <param name="Faults">Chosen by their weights.</param>
/// <param name="AtOnce">How many may last at the same time.</param>
/// <param name="LongestPause">Milliseconds between two.</param>
internal sealed record FaultLane(string Name, IReadOnlyList<IFault> Faults, int AtOnce, int LongestPause);

/// <summary>Every kind of fault there is. What takes seconds to heal does not hold up what takes none.</summary>
internal static class AllFaults
{
    public static IReadOnlyList<FaultLane> Lanes { get; } =
    [
        new(
            "processes",
            [
                new ServerKilled(),
                new ServerPaused(),
                new ServerRestarted(),
                new DevicesKilled(),
                new DatabaseRestarted(),
            ],
            AtOnce: 3,
            LongestPause: 3_000),
        new(
            "connections",
            [
                new ConnectionsCut(),
                new ConnectionsDelayed(),
                new ConnectionsThrottled(),
                new AcknowledgementsDropped(),
                new GatewayUnreachable(),
                new DeviceMoved(),
                new BatchOnTwoStreams(),
                new DatabaseBackendsKilled(),
                new DatabaseCutAfterSend(),
                new DatabaseDelayed(),
            ],
            AtOnce: 6,
            LongestPause: 500),
    ];
}
