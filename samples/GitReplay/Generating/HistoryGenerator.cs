using System.Text;
using OrleansSync.Samples.GitReplay.Git;

namespace OrleansSync.Samples.GitReplay.Generating;

/// <summary>
/// Makes a repository with the history that replaying finds hardest: odd paths, links, submodules, modes, binary files,
/// deletes and re-creations, files that become folders, empty commits, merges and one commit of 600 files. The same seed
/// and length make the same commit ids, wherever and whenever.
/// </summary>
internal sealed class HistoryGenerator
{
    private static readonly string[] Authors =
    [
        "Ada Lovelace <ada@example.org>", "Grace Hopper <grace@example.org>", "Edsger W. Dijkstra <edsger@example.org>",
        "Barbara Liskov <barbara@example.org>", "Søren Ærlig <soren@example.org>", "山田太郎 <yamada@example.org>",
        "O'Brien \"Bob\" <bob@example.org>", "Leslie Lamport <leslie@example.org>", "nobody <>", "Radia Perlman <radia@example.org>", "Hedy Lamarr <hedy@example.org>",
    ];

    private readonly FastImportStream _stream;
    private readonly SeededRandom _random;
    private readonly GeneratedTree _tree = new();
    private readonly HistoryMoments _moments;
    private readonly OrdinaryChanges _ordinary;
    private int _tip;
    private SideBranch? _side;

    private HistoryGenerator(Stream output, ulong seed, int commits)
    {
        _stream = new FastImportStream(output);
        _random = SeededRandom.For(seed, "history");
        _moments = new HistoryMoments(commits, SeededRandom.For(seed, "moments"));
        _ordinary = new OrdinaryChanges(_random);
    }

    /// <summary>Makes a bare repository of as many first-parent commits in a new or empty folder.</summary>
    public static async Task CreateAsync(string git, string folder, int commits, ulong seed, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(commits, 1);
        Directory.CreateDirectory(folder);
        if (Directory.EnumerateFileSystemEntries(folder).Any())
            throw new GitException($"'{folder}' is not empty; a repository is generated into a new folder.");
        await GitProcess.ReadAsync(
            git, folder, ["init", "--quiet", "--bare", "--initial-branch=main", "--object-format=sha1", "--template="], cancellationToken);

        await using var import = GitProcess.Start(
            git, folder, writesInput: true, ["-c", "core.ignoreCase=false", "fast-import", "--quiet", "--done"]);
        try
        {
            await using (var input = import.Input)
            {
                var generator = new HistoryGenerator(input, seed, commits);
                for (var number = 1; number <= commits; number++) await generator.CommitAsync(number, cancellationToken);
                await input.WriteAsync("done\n"u8.ToArray(), cancellationToken);
            }
        }
        catch (IOException)
        {
            // git closed its end: its own message says why.
            await import.EndAsync(cancellationToken);
            throw;
        }
        await import.EndAsync(cancellationToken);
    }

    private async Task CommitAsync(int number, CancellationToken cancellationToken)
    {
        // The first authors write most, as in life.
        var author = Bytes(Authors[Math.Min(_random.Next(Authors.Length), _random.Next(Authors.Length))]);
        var merged = _side is { } side && side.MergeAt <= number ? side : null;
        _tip = _stream.Begin("main", author, $"Commit {number}\n", _tip, merged?.Tip ?? 0);
        var draft = new CommitDraft(_tree, _stream);
        if (merged is not null)
        {
            foreach (var (path, file) in merged.Files) draft.Put(path, file);
            _side = null;
        }
        if (!_moments.Apply(number, draft) && merged is null) _ordinary.Apply(number, draft);
        await _stream.EndAsync(cancellationToken);

        if (_side is null && _random.Chance(8)) _side = await BranchAsync(number, cancellationToken);
    }

    // Commits beside the first-parent history: they reach it as a merge.
    private async Task<SideBranch> BranchAsync(int number, CancellationToken cancellationToken)
    {
        var files = new List<(string Path, GeneratedFile File)>();
        var tip = _tip;
        for (var i = _random.Next(3); i >= 0; i--)
        {
            var path = $"side/{number}-{i}.txt";
            var file = new GeneratedFile(GeneratedFile.Plain, OrdinaryChanges.Text(_random, 1 + _random.Next(12)));
            tip = _stream.Begin("side", Bytes(_random.Pick(Authors)), $"Beside {number}\n", tip);
            _stream.Modify(path, file);
            await _stream.EndAsync(cancellationToken);
            files.Add((path, file));
        }
        return new SideBranch(tip, number + 1 + _random.Next(5), files);
    }

    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private sealed record SideBranch(int Tip, int MergeAt, IReadOnlyList<(string Path, GeneratedFile File)> Files);
}

/// <summary>The commit being written: every change goes to the tree and to the stream.</summary>
internal sealed class CommitDraft(GeneratedTree tree, FastImportStream stream)
{
    public GeneratedTree Tree => tree;

    public void Put(string path, GeneratedFile file)
    {
        tree.Put(path, file);
        stream.Modify(path, file);
    }

    public void Remove(string path)
    {
        if (tree.Remove(path)) stream.Delete(path);
    }
}
