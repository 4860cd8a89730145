namespace OrleansSync.Samples.GitReplay.Generating;

/// <summary>What happens once in every generated history, spread over its length in this order.</summary>
internal sealed class HistoryMoments
{
    private const int BulkFiles = 600;
    private const string FirstModule = "0123456789abcdef0123456789abcdef01234567";
    private const string NextModule = "89abcdef0123456789abcdef0123456789abcdef";

    private readonly SeededRandom _random;
    private readonly ILookup<int, Action<CommitDraft>> _moments;

    public HistoryMoments(int commits, SeededRandom random)
    {
        _random = random;
        Action<CommitDraft>[] moments =
        [
            OddPathsAppear, LinksAndBinaries, BulkAppears, SubmoduleAppears, FileBecomesFolder, OddPathsChange, ModesChange, TypesChange,
            EmptyCommit, OddPathsVanish, BulkShrinks, FolderBecomesFile, SubmoduleMoves, OddPathsReturn, BulkReturns, BinaryBecomesText,
        ];
        _moments = Enumerable.Range(0, moments.Length).ToLookup(
            k => (int)Math.Min(commits, 2 + ((long)k * (commits - 1) / moments.Length)), k => moments[k]);
    }

    /// <summary>Makes what is due at the commit of this number; false: nothing is.</summary>
    public bool Apply(int number, CommitDraft draft)
    {
        foreach (var moment in _moments[number]) moment(draft);
        return _moments.Contains(number);
    }

    private static string Bulk(int number) => $"bulk/{number % 7}/{number:D3}.txt";

    private static void EmptyCommit(CommitDraft draft)
    {
    }

    private void OddPathsAppear(CommitDraft draft)
    {
        draft.Put(OddPaths.FileAndFolder, Plain(3));
        foreach (var path in OddPaths.All) draft.Put(path, Plain(1 + _random.Next(5)));
    }

    private void OddPathsChange(CommitDraft draft)
    {
        foreach (var path in OddPaths.All) draft.Put(path, Plain(1 + _random.Next(9)));
    }

    private void OddPathsVanish(CommitDraft draft)
    {
        for (var i = 0; i < OddPaths.All.Count; i += 2) draft.Remove(OddPaths.All[i]);
    }

    private void OddPathsReturn(CommitDraft draft)
    {
        foreach (var path in OddPaths.All)
            if (!draft.Tree.TryGet(path, out _) && _random.Chance(80)) draft.Put(path, Plain(2));
    }

    private void LinksAndBinaries(CommitDraft draft)
    {
        draft.Put("links/to-file", new GeneratedFile(GeneratedFile.Link, "../" + OddPaths.FileAndFolder));
        draft.Put("links/dangling", new GeneratedFile(GeneratedFile.Link, "nowhere/at all"));
        draft.Put("links/later a file", new GeneratedFile(GeneratedFile.Link, "/dev/null"));
        for (var i = 0; i < 6; i++) draft.Put($"images/{i}.bin", Binary());
        draft.Put("empty", new GeneratedFile(GeneratedFile.Plain, ""));
        draft.Put("no-line-feed-at-end", new GeneratedFile(GeneratedFile.Plain, "one line"));
    }

    private void BulkAppears(CommitDraft draft)
    {
        for (var i = 0; i < BulkFiles; i++) draft.Put(Bulk(i), Plain(1 + _random.Next(4)));
    }

    private void BulkShrinks(CommitDraft draft)
    {
        for (var i = 0; i < BulkFiles; i += 5) draft.Remove(Bulk(i));
    }

    private void BulkReturns(CommitDraft draft)
    {
        for (var i = 0; i < BulkFiles; i += 10) draft.Put(Bulk(i), Plain(1 + _random.Next(4)));
    }

    private static void SubmoduleAppears(CommitDraft draft)
    {
        draft.Put(".gitmodules", new GeneratedFile(
            GeneratedFile.Plain, $"[submodule \"module\"]\n\tpath = {OddPaths.Submodule}\n\turl = https://example.org/module.git\n"));
        draft.Put(OddPaths.Submodule, new GeneratedFile(GeneratedFile.Gitlink, FirstModule));
    }

    private static void SubmoduleMoves(CommitDraft draft) =>
        draft.Put(OddPaths.Submodule, new GeneratedFile(GeneratedFile.Gitlink, NextModule));

    private void FileBecomesFolder(CommitDraft draft)
    {
        draft.Remove(OddPaths.FileAndFolder);
        draft.Put(OddPaths.FileAndFolder + "/inside.txt", Plain(2));
        draft.Put(OddPaths.FileAndFolder + "/deep/inside.txt", Plain(2));
    }

    private void FolderBecomesFile(CommitDraft draft)
    {
        foreach (var path in draft.Tree.Paths.Where(static path => path.StartsWith(OddPaths.FileAndFolder + "/", StringComparison.Ordinal)).ToArray())
            draft.Remove(path);
        draft.Put(OddPaths.FileAndFolder, Plain(4));
    }

    private static void ModesChange(CommitDraft draft)
    {
        foreach (var path in draft.Tree.Paths.Take(25).ToArray())
            if (draft.Tree[path] is { IsText: true } file) draft.Put(path, file with { Mode = GeneratedFile.Executable });
    }

    private void TypesChange(CommitDraft draft)
    {
        draft.Put("links/later a file", Plain(3));
        draft.Put("images/0.bin", new GeneratedFile(GeneratedFile.Link, "1.bin"));
        draft.Put("images/1.bin", Binary());
    }

    private void BinaryBecomesText(CommitDraft draft) => draft.Put("images/2.bin", Plain(5));

    private GeneratedFile Plain(int lines) => new(GeneratedFile.Plain, OrdinaryChanges.Text(_random, lines));

    private GeneratedFile Binary() =>
        new(GeneratedFile.Plain, string.Create(64 + _random.Next(64), _random, static (bytes, random) =>
        {
            foreach (ref var value in bytes) value = (char)random.Next(256);
            bytes[0] = '\0';
        }));
}
