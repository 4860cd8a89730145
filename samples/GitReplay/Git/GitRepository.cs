using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansSync.Samples.GitReplay.Git;

/// <summary>
/// A repository, bare or not, at the commit that HEAD named when it was opened, read with the git executable alone.
/// </summary>
internal sealed class GitRepository
{
    // What a user's or a repository's configuration could change in the output of git log, set to git's defaults.
    private static readonly string[] LogArguments =
    [
        "-c", "log.showSignature=false", "-c", "log.diffMerges=separate",
        "log", "--first-parent", "-m", "--no-renames", "--root", "-z", "--no-abbrev", "--no-color",
        "--no-ext-diff", "--no-textconv", "--no-relative", "--ignore-submodules=none", "-O/dev/null",
    ];

    private readonly string _git;

    private GitRepository(string git, string folder, string head, int commits)
    {
        _git = git;
        Folder = folder;
        Head = head;
        Commits = commits;
    }

    public string Folder { get; }

    /// <summary>Id of the commit.</summary>
    public string Head { get; }

    /// <summary>Commits of the first-parent history.</summary>
    public int Commits { get; }

    public static async Task<GitRepository> OpenAsync(string git, string folder, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder)) throw new GitException($"There is no folder '{folder}'.");
        await GitProcess.ReadAsync(git, folder, ["rev-parse", "--git-dir"], cancellationToken);
        string head;
        try
        {
            head = await GitProcess.ReadAsync(git, folder, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], cancellationToken);
        }
        catch (GitException failure)
        {
            throw new GitException($"The repository '{folder}' has no commit at HEAD.", failure);
        }
        var commits = await GitProcess.ReadAsync(git, folder, ["rev-list", "--count", "--first-parent", head], cancellationToken);
        return new GitRepository(git, folder, head, int.Parse(commits, CultureInfo.InvariantCulture));
    }

    /// <summary>The first-parent history, oldest first, streamed: one commit is held at a time.</summary>
    public async IAsyncEnumerable<GitCommit> HistoryAsync(bool countLines, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[] what = countLines ? ["--raw", "--numstat"] : ["--raw"];
        await using var run = GitProcess.Start(
            _git, Folder, writesInput: false, [.. LogArguments, "--reverse", "--format=" + GitLogParser.Format, .. what, Head, "--"]);
        await foreach (var commit in GitLogParser.ReadAsync(run.Output, cancellationToken)) yield return commit;
        await run.EndAsync(cancellationToken);
    }

    /// <summary>Oracle: the files of HEAD by the text of their path, from <c>git ls-tree</c>.</summary>
    public async Task<Dictionary<string, GitFile>> TreeAsync(CancellationToken cancellationToken)
    {
        var tree = new Dictionary<string, GitFile>(StringComparer.Ordinal);
        await using var run = GitProcess.Start(_git, Folder, writesInput: false, ["ls-tree", "-r", "-z", "--full-tree", Head]);
        await foreach (var entry in NulTokens.ReadAsync(run.Output, cancellationToken))
        {
            // "100644 blob <id>\t<path>"
            var tab = Array.IndexOf(entry, (byte)'\t');
            var parts = tab < 0 ? [] : Encoding.ASCII.GetString(entry.AsSpan(0, tab)).Split(' ');
            if (parts.Length != 3) throw new GitException($"git ls-tree printed something unexpected: '{PathText.Escape(entry)}'.");
            tree.Add(PathText.Escape(entry.AsSpan(tab + 1)), new GitFile(parts[0], parts[2]));
        }
        await run.EndAsync(cancellationToken);
        return tree;
    }

    /// <summary>
    /// Oracle: the lines that the whole first-parent history added to and removed from each path, from a
    /// <c>git log --numstat</c> of its own.
    /// </summary>
    public async Task<Dictionary<string, LineTotal>> LineTotalsAsync(CancellationToken cancellationToken)
    {
        var totals = new Dictionary<string, LineTotal>(StringComparer.Ordinal);
        await using var run = GitProcess.Start(
            _git, Folder, writesInput: false, [.. LogArguments, "--format=", "--numstat", Head, "--"]);
        await foreach (var token in NulTokens.ReadAsync(run.Output, cancellationToken))
        {
            var (path, lines) = GitLogParser.ParseNumstat(token);
            totals[path] = totals.GetValueOrDefault(path).Plus(lines);
        }
        await run.EndAsync(cancellationToken);
        return totals;
    }

    /// <summary>How many objects of the first-parent history are not here (a partial clone); fetches none.</summary>
    public async Task<int> MissingObjectsAsync(CancellationToken cancellationToken)
    {
        var missing = 0;
        await using var run = GitProcess.Start(
            _git, Folder, writesInput: false, ["rev-list", "--objects", "--missing=print", "--first-parent", Head]);
        using var lines = new StreamReader(run.Output, Encoding.Latin1);
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
            if (line.StartsWith('?')) missing++;
        await run.EndAsync(cancellationToken);
        return missing;
    }
}

/// <summary>Sums over a history; binary entries are counted apart, they have no lines.</summary>
internal readonly record struct LineTotal(long Added, long Removed, int BinaryEntries)
{
    public LineTotal Plus(LineCount lines) =>
        new(Added + lines.Added, Removed + lines.Removed, BinaryEntries + (lines.IsBinary ? 1 : 0));
}
