namespace OrleansSync.Bench.Load.Workloads;

internal static class Catalog
{
    public static IReadOnlyList<IWorkload> All { get; } =
        [new Push(), new Roundtrip(), new Contended(), new Backlog(), new Bootstrap(), new Idle(), new Growth()];

    /// <summary>Only when asked for by its option: it installs packages.</summary>
    public static IWorkload Peers { get; } = new Peers();
}
