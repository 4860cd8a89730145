namespace OrleansSync.Bench.Load.Data;

/// <summary>One write of a device: a create, or an update of an entity it made before.</summary>
internal readonly record struct NoteWrite(string Id, int Index, int Version)
{
    public bool IsCreate => Version == 0;
}

/// <summary>
/// What one device writes: 70 % creates, 30 % updates of what it created. The same for every kind of client. No entity is in
/// two of the batches that may be in flight together.
/// </summary>
internal sealed class NoteWrites
{
    private const double Creates = 0.7;

    // A batch more than may be in flight.
    private const int Apart = 5;

    private readonly List<string> _ids = [];
    private readonly List<int> _versions = [];
    private readonly List<NoteWrite[]> _batches = [];

    public NoteWrites(int owner, int count, int batch)
    {
        Owner = owner;
        Count = count;
        var random = new Random(owner);
        var settled = new Queue<int>();
        for (var written = 0; written < count;)
        {
            var writes = new List<NoteWrite>(batch);
            var known = settled.Count < Apart ? 0 : settled.Peek();
            var taken = new HashSet<int>();
            for (; writes.Count < batch && written < count; written++)
            {
                var old = known > 0 && random.NextDouble() >= Creates ? random.Next(known) : -1;
                if (old >= 0 && taken.Add(old) && !_recent.Contains(old)) writes.Add(new NoteWrite(_ids[old], old, ++_versions[old]));
                else writes.Add(Create());
            }

            settled.Enqueue(_ids.Count);
            if (settled.Count > Apart) settled.Dequeue();
            Remember(taken);
            _batches.Add([.. writes]);
        }
    }

    public int Owner { get; }

    public int Count { get; }

    public int Entities => _ids.Count;

    public IReadOnlyList<NoteWrite[]> Batches => _batches;

    public IEnumerable<NoteWrite> All => _batches.SelectMany(static batch => batch);

    // Updated in one of the last batches.
    private readonly HashSet<int> _recent = [];
    private readonly Queue<HashSet<int>> _recentBatches = new();

    public Note NoteOf(NoteWrite write) => Note.Of(write.Id, Owner, write.Index, write.Version);

    /// <summary>What every entity must be in the end: the fields of its last version, on those that only its first one set.</summary>
    public IEnumerable<(string Id, Note Note)> Expected() =>
        _ids.Select((id, index) => (id, Note.Of(id, Owner, index, _versions[index])));

    private NoteWrite Create()
    {
        _ids.Add(Guid.CreateVersion7().ToString());
        _versions.Add(0);
        return new NoteWrite(_ids[^1], _ids.Count - 1, 0);
    }

    private void Remember(HashSet<int> taken)
    {
        _recent.UnionWith(taken);
        _recentBatches.Enqueue(taken);
        if (_recentBatches.Count >= Apart) _recent.ExceptWith(_recentBatches.Dequeue());
    }
}
