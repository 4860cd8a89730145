using OrleansSync.Chaos.History;
using OrleansSync.Core;
using OrleansSync.Protocol;

namespace OrleansSync.Chaos.Checking;

/// <summary>A device and everything in its history.</summary>
internal sealed record DeviceRecord(string Name, Guid Device, IReadOnlyList<HistoryEvent> Events)
{
    public static DeviceRecord Read(string name, string path)
    {
        var events = HistoryFile.ReadAll(path);
        return new DeviceRecord(name, events.OfType<Opened>().Select(static opened => opened.Device).FirstOrDefault(), events);
    }
}

/// <summary>Everything that is known of one user: the histories of the devices, and what the database holds.</summary>
internal sealed class UserRecord
{
    private readonly Dictionary<Guid, Operation> _operations = [];
    private readonly Dictionary<Guid, JournalRow> _journal = [];
    private Timeline? _timeline;

    public UserRecord(string user, IReadOnlyList<DeviceRecord> devices, ServerScope scope)
    {
        (User, Devices, Scope) = (user, devices, scope);
        foreach (var row in scope.Journal) _journal.TryAdd(row.Operation, row);
        foreach (var device in devices)
        {
            foreach (var content in device.Events.OfType<Content>()) AddContent(device, content);
        }
    }

    public string User { get; }

    public IReadOnlyList<DeviceRecord> Devices { get; }

    public ServerScope Scope { get; }

    /// <summary>Every operation that left a device, by id.</summary>
    public IReadOnlyDictionary<Guid, Operation> Operations => _operations;

    /// <summary>Ids that left a device with two contents.</summary>
    public List<Guid> Reused { get; } = [];

    /// <summary>The journal by operation.</summary>
    public IReadOnlyDictionary<Guid, JournalRow> Journal => _journal;

    /// <summary>What the journal says happened, played again.</summary>
    public Timeline Timeline => _timeline ??= new Timeline(this);

    /// <summary>
    /// What was neither refused nor parked, commit after commit, each in timestamp order, with its content; but for what settles conflicts.
    /// </summary>
    public IEnumerable<(JournalRow Row, Operation Operation)> Accepted() => _journal.Values
        .Where(row => row.Outcome is not (OutcomeKind.Rejected or OutcomeKind.Parked) && row.Entity.Type != ParkedOperation.Type
            && _operations.ContainsKey(row.Operation))
        .Select(row => (Row: row, Operation: _operations[row.Operation]))
        .OrderBy(static one => one.Row.Sequence).ThenBy(static one => one.Operation.Stamp);

    private void AddContent(DeviceRecord device, Content content)
    {
        var wire = Protocol.V1.Operation.Parser.ParseFrom(content.Wire);
        if (!OperationMapping.TryRead(wire, new DeviceId(device.Device), out var operation, out var fault))
            throw new InvalidDataException($"{device.Name} sent operation {content.Operation}, which cannot be read: {fault.Message}");
        if (_operations.TryAdd(content.Operation, operation)) return;
        if (OperationEncoding.ContentHash(_operations[content.Operation]) != OperationEncoding.ContentHash(operation)) Reused.Add(content.Operation);
    }
}
