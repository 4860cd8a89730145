using System.Text;
using OrleansSync.Samples.GitReplay.Git;

namespace OrleansSync.Samples.GitReplay.Replaying;

/// <summary>
/// A commit is one transaction, unless it would pass the limits of one (5,000 operations, 3 MiB): then it is several, each
/// as large as fits.
/// </summary>
internal static class CommitParts
{
    private const int MaxOperations = 5_000;
    private const long MaxBytes = 5 * 512 * 1024;

    // The row of a file, and at a path's first touch the row of its churn and the increment.
    private const int OperationsPerChange = 3;

    // Above what the encoding of an operation without its id takes, and of the fields of all three.
    private const int BytesPerOperation = 160;
    private const int FieldBytes = 300;

    public static IReadOnlyList<IReadOnlyList<GitChange>> Of(GitCommit commit)
    {
        var parts = new List<IReadOnlyList<GitChange>>();
        var part = new List<GitChange>();
        long bytes = 0;
        foreach (var change in commit.Changes)
        {
            var size = SizeOf(change);
            if (part.Count > 0 && ((part.Count + 1) * OperationsPerChange > MaxOperations || bytes + size > MaxBytes))
            {
                parts.Add(part);
                part = [];
                bytes = 0;
            }
            part.Add(change);
            bytes += size;
        }
        if (part.Count > 0) parts.Add(part);
        return parts;
    }

    private static long SizeOf(GitChange change)
    {
        var text = Encoding.UTF8.GetByteCount(change.Path);
        var id = Math.Min(text, PathText.MaxIdBytes);
        // A path that is longer than an id travels as a field too; JSON may write a char of it as six.
        var field = text > PathText.MaxIdBytes ? 2 * 6L * text : 0;
        return (OperationsPerChange * (BytesPerOperation + id)) + FieldBytes + field;
    }
}
