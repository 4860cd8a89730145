namespace OrleansSync.Core.Tests.Merging.Histories;

/// <summary>
/// What an entity is by its whole history, computed without merging: the operations of the winning generation as a set, asked one
/// question at a time. Nothing in here depends on a row, and within a generation nothing depends on the order of commits.
/// </summary>
internal sealed class Oracle
{
    private readonly List<Commit> _winners = [];
    private readonly List<Commit> _touching = [];
    private readonly Dictionary<long, long> _openings = [];

    public Oracle(IReadOnlyList<Commit> log, DeletePolicy policy)
    {
        foreach (var commit in log)
        {
            Concurrent.Add(_touching.Exists(earlier => earlier.Device != commit.Device && earlier.Sequence > Known(commit)));
            Admit(commit);
        }

        Edits = [.. _winners.Where(static commit => commit.Operation.Kind != OperationKind.Delete)];
        Deletes = [.. _winners.Where(static commit => commit.Operation.Kind == OperationKind.Delete)];
        IsDead = policy switch
        {
            DeletePolicy.ByTimestamp => LastDelete > LastEdit,
            DeletePolicy.DeleteWins => Deletes.Length > 0,
            _ => Array.Exists(Deletes, delete => Array.TrueForAll(Edits, edit => Knew(delete, edit))),
        };
    }

    public long Generation { get; private set; }

    public Commit[] Edits { get; }

    public Commit[] Deletes { get; }

    public bool IsDead { get; }

    /// <summary>Per commit: another device changed the entity after what its device knew.</summary>
    public List<bool> Concurrent { get; } = [];

    public Stamp LastEdit => Edits.Select(static commit => commit.Operation.Stamp).DefaultIfEmpty().Max();

    public Stamp LastDelete => Deletes.Select(static commit => commit.Operation.Stamp).DefaultIfEmpty().Max();

    public Stamp DocumentStamp => Edits
        .Where(static commit => commit.Operation.WholeDocumentCounter > 0)
        .Select(static commit => new Stamp(commit.Operation.WholeDocumentCounter, commit.Operation.Device)).DefaultIfEmpty().Max();

    /// <summary>Name of the field, and its content as text.</summary>
    public SortedDictionary<string, string> Fields()
    {
        var fields = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var group in Changes<FieldChange>().GroupBy(static change => change.Change.Field))
        {
            var text = group.First().Change switch
            {
                IncrementField => $"+{Sum(group.Key)}",
                AddElement or RemoveElement => Elements(group.Key),
                _ => Highest(group.Key),
            };
            if (text is not null) fields[group.Key] = text;
        }

        return fields;
    }

    /// <summary>The sum of all increments of the generation.</summary>
    public Int128 Sum(string field) => Changes<IncrementField>().Where(one => one.Change.Field == field)
        .Aggregate(Int128.Zero, static (sum, one) => sum + one.Change.Delta);

    /// <summary>Every tag that was added and that no change of the generation had seen.</summary>
    public string Elements(string field)
    {
        var observed = Changes<AddElement>().SelectMany(static one => one.Change.Observed)
            .Concat(Changes<RemoveElement>().SelectMany(static one => one.Change.Observed)).ToHashSet();
        var tags = Changes<AddElement>().Where(one => one.Change.Field == field)
            .Select(static one => (one.Change.Element, Tag: new ElementTag(one.Operation.Device, one.Operation.Counter, one.Change.Index)))
            .Where(one => !observed.Contains(one.Tag)).OrderBy(static one => one.Element).ThenBy(static one => one.Tag);
        return $"{{{string.Join(", ", tags.Select(static one => $"{one.Element}:{one.Tag}"))}}}";
    }

    /// <summary>The change of the highest stamp that no whole document overrules; <c>null</c>: there is none.</summary>
    private string? Highest(string field)
    {
        var highest = Changes<FieldChange>().Where(one => one.Change.Field == field && one.Operation.Stamp >= DocumentStamp)
            .OrderByDescending(static one => one.Operation.Stamp).FirstOrDefault();
        return highest.Change is null ? null : $"{(highest.Change as SetField)?.Value.ToString() ?? "removed"} ({highest.Operation.Stamp})";
    }

    private IEnumerable<(Operation Operation, T Change)> Changes<T>()
        where T : FieldChange =>
        from commit in _winners from change in commit.Operation.Changes.OfType<T>() select (commit.Operation, change);

    private void Admit(Commit commit)
    {
        var operation = commit.Operation;
        var lastSeen = _openings.Where(opening => opening.Value <= operation.Seen).Select(static opening => opening.Key).DefaultIfEmpty().Max();
        var generation = operation.Base > 0 ? operation.Generation : lastSeen + operation.Generation;
        if (generation < Generation) return;
        if (generation > Generation)
        {
            Assert.Equal(OperationKind.Create, operation.Kind);
            Generation = generation;
            _openings[generation] = commit.Sequence;
            _winners.Clear();
        }

        _winners.Add(commit);
        _touching.Add(commit);
    }

    private static long Known(Commit commit) => commit.Operation.Base > 0 ? commit.Operation.Base : commit.Operation.Seen;

    private static bool Knew(Commit delete, Commit edit) => edit.Device == delete.Device
        ? edit.Operation.Counter < delete.Operation.Counter
        : edit.Sequence <= Known(delete);
}
