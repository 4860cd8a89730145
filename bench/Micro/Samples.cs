using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Bench.Micro;

/// <summary>
/// One device's tasks: five plain fields with about 200 bytes of names and values, to which an operation can add a counter and
/// a set.
/// </summary>
internal static class Samples
{
    public const int DocumentFields = 5;

    public static readonly DeviceId Device = new(Guid(0xd));

    public static readonly EntitySchema Tasks = new EntitySchema("tasks").Counter("minutes").Set("labels");

    public static readonly SyncSchema Schema = new([Tasks]);

    public static readonly MergeContext Context = new(Tasks, Sequence: 1_000, CommittedAt: 1_750_000_000_000, Limits.Default);

    public static Operation Create(int number) => new()
    {
        Id = new OperationId(Guid(number)),
        Device = Device,
        Entity = new EntityKey("tasks", $"01930000-0000-7000-8000-{number:x12}"),
        Kind = OperationKind.Create,
        Counter = (10 * number) + 1,
        Changes =
        [
            Set("title", $"\"Prepare the quarterly report no. {number}\""),
            Set("body", "\"Collect the figures of all departments, check them against last year's, and write a summary.\""),
            Set("done", "false"),
            Set("priority", "3"),
            Set("due", "\"2025-07-01T09:00:00Z\""),
        ],
    };

    /// <summary>An operation on the entity that <see cref="Create"/> made under the number.</summary>
    /// <param name="number">The entity.</param>
    /// <param name="later">How many operations of the entity came before.</param>
    /// <param name="kind">Update or delete.</param>
    /// <param name="changes">Its changes.</param>
    public static Operation Follow(int number, int later, OperationKind kind, params ImmutableArray<FieldChange> changes) =>
        Create(number) with
        {
            Id = new OperationId(Guid(number, later)),
            Kind = kind,
            Counter = (10 * number) + 1 + later,
            Base = Context.Sequence,
            Changes = changes,
        };

    public static Operation Update(int number, int later = 1) =>
        Follow(number, later, OperationKind.Update, Set("title", $"\"Prepare the yearly report no. {number}\"")) with
        {
            Before = [new BeforeImage("title", JsonValue.FromText($"\"Prepare the quarterly report no. {number}\""))],
        };

    public static Operation Increment(int number) => Follow(number, 1, OperationKind.Update, new IncrementField("minutes", 25));

    public static Operation AddLabel(int number) =>
        Follow(number, 1, OperationKind.Update, new AddElement("labels", SetElement.Of("urgent"), 0, []));

    public static Operation Delete(int number) => Follow(number, 1, OperationKind.Delete);

    public static EntityRow Row(int number) => Merge.Apply(null, Create(number), Context).Row!;

    /// <summary>A row with a counter and a set beside its plain fields.</summary>
    public static EntityRow RichRow(int number)
    {
        var row = Row(number);
        var rich = Follow(
            number,
            later: 1,
            OperationKind.Update,
            new IncrementField("minutes", 25),
            new AddElement("labels", SetElement.Of("urgent"), 0, []),
            new AddElement("labels", SetElement.Of("finance"), 1, []));
        return Merge.Apply(row, rich, Context).Row!;
    }

    public static SetField Set(string field, string json) => new(field, JsonValue.FromText(json));

    public static string? Text(EntityRow? row, string field) =>
        row?.Fields.OfType<PlainField>().FirstOrDefault(plain => plain.Name == field)?.Value?.ToString();

    private static Guid Guid(int number, int later = 0) =>
        new(0x01930000, (short)later, 0x7000, 0x80, 0, 0, 1, (byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number);
}
