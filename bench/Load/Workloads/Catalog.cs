namespace OrleansSync.Bench.Load.Workloads;

internal static class Catalog
{
    public static IReadOnlyList<IWorkload> All { get; } = [new Push(), new Roundtrip(), new Contended(), new Backlog()];
}
