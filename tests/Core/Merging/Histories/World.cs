namespace OrleansSync.Core.Tests.Merging.Histories;

/// <summary>An operation in commit order: who wrote it, what was wanted, and how many commits its device had pulled by then.</summary>
public readonly record struct Step(int Device, Intent Intent, int Known)
{
    public override string ToString() => $"{(char)('A' + Device)} {Intent} knowing {Known}";
}

/// <summary>How a world is set up beside its steps.</summary>
/// <param name="Alphabet">The policy.</param>
public sealed record Setting(Alphabet Alphabet)
{
    public const int Devices = 4;

    /// <summary>The device's first pull is a bootstrap, which skips tombstones; otherwise it is an old one that receives them.</summary>
    public bool[] Bootstraps { get; init; } = new bool[Devices];

    /// <summary>Rank of each device's id: who wins where counters are equal.</summary>
    public int[] Ranks { get; init; } = [1, 2, 3, 4];

    /// <summary>Per position: the commit is of the same round as the one before, and shares its sequence. Beyond the end: it is not.</summary>
    public bool[] JoinsRound { get; init; } = [];

    public bool Joins(int position) => position > 0 && position < JoinsRound.Length && JoinsRound[position];
}

/// <summary>A commit: the operation, what became of it, and the row that stood then.</summary>
public sealed record Commit(int Device, Operation Operation, MergeResult Result, long Sequence, long HighestCounter)
{
    public EntityRow? Row => Result.Row;
}

/// <summary>
/// One entity, a server and four devices. Steps are played in commit order; a device writes on top of what it pulled and of
/// its own operations that were not in that. Steps can be taken back, so that a search can walk a tree of histories.
/// </summary>
public sealed class World
{
    private readonly Setting _setting;
    private readonly DeviceState[] _devices = new DeviceState[Setting.Devices];
    private readonly DeviceId[] _ids;
    private readonly List<Commit> _log = [];
    private readonly List<DeviceState> _before = [];

    public World(Setting setting)
        : this(setting, [.. setting.Ranks.Select(Make.Device)])
    {
    }

    private World(Setting setting, DeviceId[] ids) => (_setting, _ids) = (setting, ids);

    public IReadOnlyList<Commit> Log => _log;

    public EntityRow? Row => _log.Count == 0 ? null : _log[^1].Row;

    public EntitySchema Schema => _setting.Alphabet.Schema;

    public static World Play(Setting setting, IEnumerable<Step> steps)
    {
        var world = new World(setting);
        foreach (var step in steps)
        {
            if (!world.TryPlay(step)) throw new InvalidOperationException($"{step} is impossible after {world._log.Count} commits.");
        }

        return world;
    }

    /// <summary>How many commits the device had pulled when it last wrote.</summary>
    public int KnownBy(int device) => _devices[device].Known;

    /// <summary>Whether a pull can end here: a round is seen whole or not at all.</summary>
    public bool IsBoundary(int known) => !_setting.Joins(known);

    /// <summary>The device after it has pulled so many commits.</summary>
    public DeviceState After(int index, int known)
    {
        var device = _devices[index];
        if (known == device.Known) return device.Unmerged is { } own ? device with { Local = Overlay(device.Local, own), Unmerged = null } : device;

        var row = known == 0 ? null : _log[known - 1].Row;
        var isNews = row is not null && row.Sequence > CursorAt(device.Known);
        var isSkipped = row is { Deleted: true } && device.Known == 0 && _setting.Bootstraps[index];
        // Tombstones travel without their hidden fields.
        var held = row is null || isSkipped ? null : !isNews ? device.Held : row.Deleted ? row with { Fields = [] } : row;
        var local = held;
        for (var i = known; i < _log.Count; i++)
        {
            if (_log[i].Device == index) local = Overlay(local, _log[i].Operation);
        }

        return new DeviceState(known, held, local, Unmerged: null, Math.Max(device.Clock, _log[known - 1].HighestCounter));
    }

    /// <summary>What a device can want in that state.</summary>
    public Intent[] Possible(in DeviceState device) =>
        device.Local is { Deleted: false } ? _setting.Alphabet.OnLive : _setting.Alphabet.OnAbsent;

    /// <returns><c>false</c>: the device cannot want that now; nothing happened.</returns>
    public bool TryPlay(Step step)
    {
        var device = After(step.Device, step.Known);
        if (Array.IndexOf(Possible(device), step.Intent) < 0) return false;
        Play(step, device);
        return true;
    }

    /// <summary>Plays a step of a device in the state that <see cref="After"/> gave.</summary>
    public void Play(Step step, in DeviceState device)
    {
        var operation = Write(step, device);
        var sequence = SequenceOf(_log.Count);
        var result = Merge.Apply(Row, operation, new MergeContext(Schema, sequence, sequence, Limits.Default));
        var highest = Math.Max(operation.Counter, _log.Count == 0 ? 0 : _log[^1].HighestCounter);
        _log.Add(new Commit(step.Device, operation, result, sequence, highest));
        _before.Add(_devices[step.Device]);
        _devices[step.Device] = device with { Clock = operation.Counter, Unmerged = operation };
    }

    /// <summary>Takes the last step back.</summary>
    public void Undo()
    {
        _devices[_log[^1].Device] = _before[^1];
        _before.RemoveAt(_before.Count - 1);
        _log.RemoveAt(_log.Count - 1);
    }

    /// <summary>A world of its own in the state that this one had so many steps ago.</summary>
    public World Fork(int back)
    {
        var fork = new World(_setting, _ids);
        fork._log.AddRange(_log);
        fork._before.AddRange(_before);
        _devices.CopyTo(fork._devices, 0);
        for (var i = 0; i < back; i++) fork.Undo();
        return fork;
    }

    private Operation Write(Step step, DeviceState device)
    {
        var counter = device.Clock + 1;
        var create = step.Intent is Intent.Create or Intent.CreateWhole;
        var whole = step.Intent is Intent.CreateWhole or Intent.ReplaceWhole;
        var changes = Alphabet.Changes(step.Intent, device.Local, step.Device, counter);
        var operation = create ? Make.Create(_ids[step.Device], counter, changes)
            : step.Intent == Intent.Delete ? Make.Delete(_ids[step.Device], counter)
            : Make.Update(_ids[step.Device], counter, changes);
        return operation with
        {
            Base = device.Held?.Sequence ?? 0,
            Seen = SeenBy(step.Device, device),
            Generation = device.Local is null ? 1 : device.Local.Generation + (create && device.Local.Deleted ? 1 : 0),
            WholeDocumentCounter = whole ? counter : 0,
        };
    }

    /// <summary>The cursor; an operation that follows the device's own blind create is about the same entity and keeps its view.</summary>
    private long SeenBy(int index, DeviceState device)
    {
        if (device.Held is null)
        {
            for (var i = device.Known; i < _log.Count; i++)
            {
                if (_log[i].Device == index) return _log[i].Operation.Seen;
            }
        }

        return CursorAt(device.Known);
    }

    private EntityRow? Overlay(EntityRow? local, Operation operation) =>
        Merge.Apply(local, operation, new MergeContext(Schema, long.MaxValue, 0, Limits.Default)).Row;

    private long CursorAt(int known) => known == 0 ? 0 : _log[known - 1].Sequence;

    private long SequenceOf(int position)
    {
        if (position == 0) return 1;
        return _log[position - 1].Sequence + (_setting.Joins(position) ? 0 : 1);
    }
}

/// <summary>A device: the commits it has pulled, the server's row as it holds it, and its own row over that.</summary>
/// <param name="Known">How many commits.</param>
/// <param name="Held">The server's row; <c>null</c>: none.</param>
/// <param name="Local">The row that the device shows.</param>
/// <param name="Unmerged">Its last operation, not yet in <paramref name="Local"/>.</param>
/// <param name="Clock">Its Lamport counter.</param>
public readonly record struct DeviceState(int Known, EntityRow? Held, EntityRow? Local, Operation? Unmerged, long Clock);
