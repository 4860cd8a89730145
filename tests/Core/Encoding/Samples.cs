using OrleansSync.Core;

namespace OrleansSync.Core.Tests.Encoding;

/// <summary>Fixed content for golden vectors: every kind of change and of field.</summary>
internal static class Samples
{
    public static readonly DeviceId DeviceA = new(new Guid("a0000000-0000-7000-8000-00000000000a"));
    public static readonly DeviceId DeviceB = new(new Guid("b0000000-0000-7000-8000-00000000000b"));

    public static readonly Operation Create = new()
    {
        Id = new OperationId(new Guid("01920000-0000-7000-8000-000000000001")),
        Device = DeviceA,
        Entity = new EntityKey("tasks", "t1"),
        Kind = OperationKind.Create,
        Counter = 5,
        Changes = [new SetField("title", JsonValue.FromText("\"Grüße\"")), new RemoveField("body", 4)],
    };

    public static readonly Operation Update = new()
    {
        Id = new OperationId(new Guid("01920000-0000-7000-8000-000000000002")),
        Device = DeviceB,
        Entity = new EntityKey("tasks", "t1"),
        Kind = OperationKind.Update,
        Counter = 300,
        Base = 7,
        Seen = 1_000_000,
        Generation = 2,
        WholeDocumentCounter = 299,
        Changes =
        [
            new IncrementField("minutes", -3),
            new AddElement("tags", SetElement.Of("urgent"), 1, [new ElementTag(DeviceA, 5, 0)]),
            new RemoveElement("tags", SetElement.Of(-42), [new ElementTag(DeviceB, 6, 2)], 298),
        ],
        Before = [new BeforeImage("minutes", JsonValue.FromText("10")), new BeforeImage("tags", null)],
    };

    public static readonly Operation Delete = new()
    {
        Id = new OperationId(new Guid("01920000-0000-7000-8000-000000000003")),
        Device = DeviceA,
        Entity = new EntityKey("notes", "日本"),
        Kind = OperationKind.Delete,
        Counter = 1,
        Transaction = new TransactionRef(new TransactionId(new Guid("01920000-0000-7000-8000-0000000000ff")), 1, 3),
    };

    public static readonly EntityRow Row = new()
    {
        Key = new EntityKey("tasks", "t1"),
        Sequence = 300,
        Generation = 2,
        DocumentStamp = new Stamp(4, DeviceA),
        LastEdit = new Stamp(9, DeviceB),
        Birth = 3,
        Births = [3, 200],
        Changes = new DevicePair(DeviceB, 300, DeviceA, 250),
        Edits = new DevicePair(DeviceB, 300, default, 0),
        Fields =
        [
            new PlainField("body", new Stamp(8, DeviceA), null),
            new CounterField("minutes", Int128.MaxValue),
            new SetFieldValue("tags",
            [
                new SetEntry(SetElement.Of(-42), [new ElementTag(DeviceA, 5, 0), new ElementTag(DeviceB, 5, 1)]),
                new SetEntry(SetElement.Of("a\"b"), [new ElementTag(DeviceB, 9, 2)]),
            ]),
            new PlainField("title", new Stamp(9, DeviceB), JsonValue.FromText("{\"x\" : 1}")),
        ],
    };

    public static readonly EntityRow Tombstone = Row with
    {
        Sequence = 301,
        Deleted = true,
        DeletedAt = 1_750_000_000_000,
        LastDelete = new Stamp(10, DeviceA),
        Changes = new DevicePair(DeviceA, 301, DeviceB, 300),
    };
}
