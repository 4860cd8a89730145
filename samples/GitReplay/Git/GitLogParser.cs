using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansSync.Samples.GitReplay.Git;

/// <summary>
/// Reads <c>git log -z --raw [--numstat]</c> whose format is <see cref="Format"/>. The form of each token follows from
/// those before it, so a path may look like anything, a header included.
/// </summary>
internal static class GitLogParser
{
    /// <summary>A mark that begins no other token, the commit's id, and the author.</summary>
    public const string Format = "tformat:%x1e%H%x00%an <%ae>";

    private const byte HeaderMark = 0x1e;

    /// <summary>The commits in the order of the stream; one is held at a time.</summary>
    public static async IAsyncEnumerable<GitCommit> ReadAsync(
        Stream log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? id = null, author = null;
        var files = new List<(string Path, GitChangeKind Kind, GitFile Before, GitFile File)>();
        var lines = new Dictionary<string, LineCount>(StringComparer.Ordinal);

        await using var tokens = NulTokens.ReadAsync(log, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await tokens.MoveNextAsync())
        {
            var token = tokens.Current.AsMemory();
            if (token.Length > 0 && token.Span[0] == HeaderMark)
            {
                if (id is not null) yield return Complete(id, author!, files, lines);
                id = Encoding.ASCII.GetString(token.Span[1..]);
                author = Encoding.UTF8.GetString((await NextAsync(tokens)).Span);
                continue;
            }
            if (id is null) throw Unexpected(token.Span);

            // git puts a line feed between the header and the first change of a commit.
            if (token.Length > 0 && token.Span[0] == '\n') token = token[1..];
            if (token.Length > 0 && token.Span[0] == ':')
            {
                var (kind, before, file) = ParseRaw(token.Span);
                files.Add((PathText.Escape((await NextAsync(tokens)).Span), kind, before, file));
            }
            else
            {
                var (path, count) = ParseNumstat(token.Span);
                lines.Add(path, count);
            }
        }
        if (id is not null) yield return Complete(id, author!, files, lines);
    }

    /// <summary>One entry of <c>--numstat -z</c>: two numbers, or two dashes for a binary file, and the path.</summary>
    public static (string Path, LineCount Lines) ParseNumstat(ReadOnlySpan<byte> token)
    {
        var first = token.IndexOf((byte)'\t');
        var second = first < 0 ? -1 : token[(first + 1)..].IndexOf((byte)'\t');
        if (second < 0) throw Unexpected(token);
        var added = token[..first];
        var removed = token.Slice(first + 1, second);
        var path = PathText.Escape(token[(first + second + 2)..]);
        if (path.Length == 0) throw Unexpected(token);
        if (added.SequenceEqual("-"u8) && removed.SequenceEqual("-"u8)) return (path, new LineCount(0, 0, IsBinary: true));
        if (!long.TryParse(added, NumberStyles.None, CultureInfo.InvariantCulture, out var addedLines)
            || !long.TryParse(removed, NumberStyles.None, CultureInfo.InvariantCulture, out var removedLines)) throw Unexpected(token);
        return (path, new LineCount(addedLines, removedLines, IsBinary: false));
    }

    private static GitCommit Complete(
        string id, string author, List<(string Path, GitChangeKind Kind, GitFile Before, GitFile File)> files, Dictionary<string, LineCount> lines)
    {
        var changes = new GitChange[files.Count];
        for (var i = 0; i < changes.Length; i++)
        {
            var (path, kind, before, file) = files[i];
            changes[i] = new GitChange(path, kind, before, file, lines.Remove(path, out var count) ? count : null);
        }
        if (lines.Count > 0) throw new GitException($"git counts lines of '{lines.Keys.First()}', which commit {id} did not change.");
        files.Clear();
        return new GitCommit(id, author, changes);
    }

    // ":100644 100755 <id> <id> M"
    private static (GitChangeKind Kind, GitFile Before, GitFile File) ParseRaw(ReadOnlySpan<byte> token)
    {
        var parts = Encoding.ASCII.GetString(token[1..]).Split(' ');
        if (parts is not [{ Length: 6 }, { Length: 6 }, { Length: 40 or 64 }, { Length: 40 or 64 }, { Length: 1 }])
            throw Unexpected(token);
        var kind = parts[4] switch
        {
            "A" => GitChangeKind.Added,
            "M" => GitChangeKind.Modified,
            "D" => GitChangeKind.Deleted,
            "T" => GitChangeKind.TypeChanged,
            _ => throw Unexpected(token),
        };
        return (kind, new GitFile(parts[0], parts[2]), new GitFile(parts[1], parts[3]));
    }

    private static async ValueTask<ReadOnlyMemory<byte>> NextAsync(IAsyncEnumerator<byte[]> tokens) =>
        await tokens.MoveNextAsync() ? tokens.Current : throw new GitException("git's output ended in the middle of an entry.");

    private static GitException Unexpected(ReadOnlySpan<byte> token) =>
        new($"git printed something unexpected: '{PathText.Escape(token[..Math.Min(token.Length, 200)])}'.");
}
