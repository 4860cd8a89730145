namespace OrleansSync.Generators;

/// <summary>The checked-out sources, for tests that read them or run what lies beside them.</summary>
public static class SourceTree
{
    /// <summary>The folder of OrleansSync.sln, above the running tests.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "OrleansSync.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"No OrleansSync.sln above {AppContext.BaseDirectory}.");
    }
}
