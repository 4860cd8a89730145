using OrleansSync.Samples.GitReplay.Git;
using OrleansSync.Samples.GitReplay.Replaying;

namespace OrleansSync.Samples.GitReplay.Checking;

/// <summary>Compares a device's rows with what git itself says.</summary>
internal static class GitOracle
{
    /// <summary>The rows of <c>files</c> against <c>git ls-tree -r HEAD</c>.</summary>
    public static async Task<Differences> FilesAsync(
        ReplayDevice device, Dictionary<string, GitFile> tree, CancellationToken cancellationToken)
    {
        var differences = new Differences($"files of {device.Name} against git ls-tree");
        var unseen = new Dictionary<string, GitFile>(tree, StringComparer.Ordinal);
        await foreach (var row in device.Files.ScanAsync(null, cancellationToken))
        {
            var path = PathOf(row.Id, row.Path, differences);
            GitFile? expected = unseen.Remove(path, out var file) ? file : null;
            if (expected != row.File)
                differences.Add($"'{path}' is {ReplayDevice.Describe(row.File)}, in git it is {ReplayDevice.Describe(expected)}.");
        }
        foreach (var (path, file) in unseen) differences.Add($"'{path}' is absent, in git it is {ReplayDevice.Describe(file)}.");
        return differences;
    }

    /// <summary>The counters of <c>churn</c> against the sums of <c>git log --numstat</c>.</summary>
    public static async Task<Differences> CountersAsync(
        ReplayDevice device, Dictionary<string, LineTotal> totals, CancellationToken cancellationToken)
    {
        var differences = new Differences($"counters of {device.Name} against git log --numstat");
        var unseen = new Dictionary<string, LineTotal>(totals, StringComparer.Ordinal);
        await foreach (var row in device.Churn.ScanAsync(null, cancellationToken))
        {
            var path = PathOf(row.Id, row.Path, differences);
            if (!unseen.Remove(path, out var total)) differences.Add($"'{path}' is +{row.Added} -{row.Removed}, git counts nothing.");
            else if ((total.Added, total.Removed) != (row.Added, row.Removed))
                differences.Add($"'{path}' is +{row.Added} -{row.Removed}, git counts +{total.Added} -{total.Removed}.");
        }
        foreach (var (path, total) in unseen) differences.Add($"'{path}' is absent, git counts +{total.Added} -{total.Removed}.");
        return differences;
    }

    // The way back from the id: a row under an id that is not its path's is a difference of its own.
    private static string PathOf(string id, string? path, Differences differences)
    {
        var text = path ?? id;
        if (PathText.IdOf(text) != id || PathText.Escape(PathText.Unescape(text)) != text)
            differences.Add($"The id '{id}' is not that of the path '{text}'.");
        return text;
    }
}
