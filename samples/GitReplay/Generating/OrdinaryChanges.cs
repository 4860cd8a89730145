namespace OrleansSync.Samples.GitReplay.Generating;

/// <summary>What most commits do: a few files changed, some added, some deleted and later made again.</summary>
internal sealed class OrdinaryChanges(SeededRandom random)
{
    private const int KeptDeletions = 200;

    private static readonly string[] Folders = ["", "src/", "src/core/", "src/client/", "tests/", "docs/", "docs/notes/", "tools/"];
    private static readonly string[] Extensions = [".cs", ".txt", ".md", ".json", ".sh"];
    private static readonly string[] Words =
        ["sync", "merge", "commit", "round", "cursor", "epoch", "stamp", "scope", "device", "log", "page", "head", "lineage", "counter"];

    private readonly List<string> _deleted = [];

    public static string Text(SeededRandom random, int lines) =>
        string.Concat(Enumerable.Range(0, lines).Select(_ => Line(random)));

    public void Apply(int number, CommitDraft draft)
    {
        if (random.Chance(3) && number > 1) return;
        var changes = number == 1 ? 20 : 1 + random.Next(5);
        for (var i = 0; i < changes; i++)
        {
            var roll = number == 1 ? 0 : random.Next(100);
            if (roll < 20 || draft.Tree.Paths.Count < 10) Add(number, i, draft);
            else if (roll < 28) Delete(draft);
            else if (roll < 34) Recreate(draft);
            else if (roll < 36) FlipMode(draft);
            else Edit(draft);
        }
    }

    private void Add(int number, int index, CommitDraft draft)
    {
        var path = $"{random.Pick(Folders)}{random.Pick(Words)}-{number}-{index}{random.Pick(Extensions)}";
        draft.Put(path, new GeneratedFile(GeneratedFile.Plain, Text(random, random.Next(30))));
    }

    private void Delete(CommitDraft draft)
    {
        var path = random.Pick(draft.Tree.Paths);
        draft.Remove(path);
        if (_deleted.Count < KeptDeletions) _deleted.Add(path);
        else _deleted[random.Next(KeptDeletions)] = path;
    }

    private void Recreate(CommitDraft draft)
    {
        if (_deleted.Count == 0) return;
        var at = random.Next(_deleted.Count);
        var path = _deleted[at];
        _deleted.RemoveAt(at);
        if (draft.Tree.TryGet(path, out _) || !draft.Tree.HasRoomFor(path)) return;
        draft.Put(path, new GeneratedFile(GeneratedFile.Plain, Text(random, 1 + random.Next(10))));
    }

    private void FlipMode(CommitDraft draft)
    {
        var path = random.Pick(draft.Tree.Paths);
        var file = draft.Tree[path];
        if (!file.IsText) return;
        draft.Put(path, file with { Mode = file.Mode == GeneratedFile.Plain ? GeneratedFile.Executable : GeneratedFile.Plain });
    }

    private void Edit(CommitDraft draft)
    {
        var path = random.Pick(draft.Tree.Paths);
        var file = draft.Tree[path];
        if (file.IsText) draft.Put(path, file with { Content = Edited(file.Content) });
        else if (file.Mode == GeneratedFile.Link) draft.Put(path, file with { Content = file.Content + "x" });
        else if (file.Mode != GeneratedFile.Gitlink) draft.Put(path, file with { Content = file.Content + "\0" + Line(random) });
    }

    private string Edited(string content)
    {
        var lines = content.Split('\n').ToList();
        if (lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        for (var i = random.Next(4); i >= 0; i--)
        {
            if (lines.Count > 0 && random.Chance(40)) lines.RemoveAt(random.Next(lines.Count));
            else lines.Insert(random.Next(lines.Count + 1), Line(random).TrimEnd('\n'));
        }
        var text = string.Join('\n', lines);
        return lines.Count > 0 && !random.Chance(5) ? text + "\n" : text;
    }

    private static string Line(SeededRandom random) =>
        string.Join(' ', Enumerable.Range(0, 1 + random.Next(8)).Select(_ => random.Pick(Words))) + "\n";
}
