namespace OrleansSync.Cluster.Tests.Runs;

/// <summary>A temporary folder for a run, deleted at the end.</summary>
internal sealed class RunFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("orleanssync-run-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
