using OrleansSync.Chaos.Nemesis.Faults;

namespace OrleansSync.Chaos.Nemesis;

/// <summary>Every kind of fault there is.</summary>
internal static class AllFaults
{
    public static IReadOnlyList<IFault> List { get; } =
    [
        new ServerKilled(),
        new ServerPaused(),
        new ServerRestarted(),
        new ConnectionsCut(),
        new ConnectionsDelayed(),
        new ConnectionsThrottled(),
        new AcknowledgementsDropped(),
        new GatewayUnreachable(),
        new DeviceMoved(),
        new BatchOnTwoStreams(),
        new DevicesKilled(),
        new DatabaseRestarted(),
        new DatabaseBackendsKilled(),
        new DatabaseCutAfterSend(),
        new DatabaseDelayed(),
    ];
}
