using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Writer;

/// <summary>
/// Rounds that follow from scope and sequence alone, so that what must be in the store follows from the head: any round can
/// be made again and compared.
/// </summary>
public static class Workload
{
    public const int Scopes = 4;
    private const int Entities = 40;

    public static DeviceId Device { get; } = new(new Guid("01000000-0000-7000-8000-0000000000aa"));

    public static ScopeId Scope(int number) => ScopeId.ForUser($"writer{number}");

    public static int RowsOf(long sequence) => 1 + (int)(sequence % 17);

    public static EntityKey Key(long sequence, int index) => new("notes", $"e{(sequence * 7 + index) % Entities}");

    public static Guid CommitId(int scope, long sequence) => new((int)sequence, (short)scope, 0x7001, 0x80, 0, 0, 0, 0, 0, 0, 0);

    public static OperationId Operation(int scope, long sequence, int index) =>
        new(new Guid((int)sequence, (short)scope, 0x7002, 0x80, (byte)index, 0, 0, 0, 0, 0, 0));

    /// <summary>The sequence of each entity's last change when the head is this one.</summary>
    public static Dictionary<EntityKey, long> Versions(long head)
    {
        var versions = new Dictionary<EntityKey, long>();
        for (long sequence = 1; sequence <= head; sequence++) Advance(versions, sequence);
        return versions;
    }

    public static void Advance(Dictionary<EntityKey, long> versions, long sequence)
    {
        for (var i = 0; i < RowsOf(sequence); i++) versions[Key(sequence, i)] = sequence;
    }

    public static ScopeCommit Round(int scope, long epoch, long head, Dictionary<EntityKey, long> versions)
    {
        var sequence = head + 1;
        var keys = Enumerable.Range(0, RowsOf(sequence)).Select(i => Key(sequence, i)).ToList();
        return new ScopeCommit
        {
            Scope = Scope(scope),
            Epoch = epoch,
            Head = head,
            CommitId = CommitId(scope, sequence),
            Clock = sequence,
            Rows = [.. keys.Select(key => new RowChange(Row(key, sequence, $"{sequence}"), versions.GetValueOrDefault(key)))],
            Operations = [.. keys.Select((key, i) => Entry(Operation(scope, sequence, i), key, sequence))],
            Counters = [new DeviceCounter(Device, sequence)],
            Digests = [new TypeDigest("notes", (UInt128)sequence, Math.Min(Entities, sequence))],
        };
    }

    public static JournalEntry Entry(OperationId id, EntityKey key, long sequence) =>
        new(id, Device, sequence, key, OperationKind.Update, OutcomeKind.Applied, RejectionReason.None, sequence, (UInt128)sequence);

    public static EntityRow Row(EntityKey key, long sequence, string json)
    {
        var stamp = new Stamp(sequence, Device);
        return new EntityRow
        {
            Key = key,
            Sequence = sequence,
            LastEdit = stamp,
            Birth = 1,
            Births = [1],
            Fields = [new PlainField("text", stamp, JsonValue.FromText(json))],
            Changes = default(DevicePair).With(Device, sequence),
            Edits = default(DevicePair).With(Device, sequence),
        };
    }
}
