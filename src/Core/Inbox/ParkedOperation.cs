using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansSync.Core;

/// <summary>
/// An operation that waits in the conflict inbox until somebody decides. It is the row of an entity of <see cref="Type"/>, with the
/// operation's id as its id: so it commits with its outcome, travels, is compared and is purged as every other row, and deleting it
/// settles the conflict.
/// </summary>
public sealed record ParkedOperation
{
    /// <summary>The type of these rows. Only the server makes them; no other type can have the name.</summary>
    public const string Type = "_conflicts";

    private const int IdBytes = 36;

    // Server-made: whatever an operation may hold fits into its row.
    private static readonly Limits Unlimited = new() { DocumentBytes = int.MaxValue, DocumentFields = int.MaxValue };

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The operation's id, and the row's.</summary>
    public required OperationId Id { get; init; }

    /// <summary>What it is about.</summary>
    public required EntityKey Entity { get; init; }

    /// <summary>Who wrote it.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>What it would do.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>Counter of its logical timestamp: the order of one device's operations.</summary>
    public required long Counter { get; init; }

    /// <summary>The first operation that was parked of those which one decision settles together.</summary>
    public required OperationId Group { get; init; }

    /// <summary>The transaction it was written in, which was parked whole; <c>null</c>: it stood alone.</summary>
    public TransactionId? Transaction { get; init; }

    /// <summary>Server time of parking, milliseconds since 1970 UTC.</summary>
    public required long ParkedAt { get; init; }

    /// <summary>What it would change.</summary>
    public ImmutableArray<FieldChange> Changes { get; init; } = [];

    /// <summary>What the plain fields it changes were before.</summary>
    public ImmutableArray<BeforeImage> Before { get; init; } = [];

    /// <summary>Who settles a conflict that somebody else has settled in the meantime is refused; whoever settles one need not have the latest clock.</summary>
    public static EntitySchema Schema { get; } = new(Type) { Policy = ConflictPolicy.Reject, OnDelete = DeletePolicy.DeleteWins };

    /// <summary>The key of the row that an operation waits in.</summary>
    public static EntityKey KeyOf(OperationId operation) => new(Type, operation.Value.ToString());

    /// <summary>An operation as it is parked.</summary>
    public static ParkedOperation Of(Operation operation, OperationId group, long parkedAt) => new()
    {
        Id = operation.Id,
        Entity = operation.Entity,
        Device = operation.Device,
        Kind = operation.Kind,
        Counter = operation.Counter,
        Group = group,
        Transaction = operation.Transaction?.Id,
        ParkedAt = parkedAt,
        Changes = operation.Changes,
        Before = operation.Before,
    };

    /// <summary>The operation again, as far as its row holds it: not what its device knew of the server, and of a transaction only the id.</summary>
    public Operation ToOperation() => new()
    {
        Id = Id,
        Device = Device,
        Entity = Entity,
        Kind = Kind,
        Counter = Counter,
        Transaction = Transaction is { } id ? new TransactionRef(id, 0, 1) : null,
        Changes = Changes,
        Before = Before,
    };

    /// <summary>The row, as a create of its device would make it.</summary>
    public EntityRow ToRow(long sequence)
    {
        var create = new Operation
        {
            Id = Id,
            Device = Device,
            Entity = KeyOf(Id),
            Kind = OperationKind.Create,
            Counter = Counter,
            Changes = [.. Fields()],
        };
        return Merge.Apply(null, create, new MergeContext(Schema, sequence, ParkedAt, Unlimited)).Row!;
    }

    /// <summary>Reads a live row.</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static ParkedOperation Read(EntityRow row) => Read(row.Key.Id, RowEncoding.EncodeDocument(row));

    /// <summary>Reads the document of a live row.</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static ParkedOperation Read(string id, ReadOnlyMemory<byte> document)
    {
        try
        {
            using var json = JsonDocument.Parse(document);
            var root = json.RootElement;
            return new ParkedOperation
            {
                Id = new OperationId(Guid.ParseExact(id, "D")),
                Entity = new EntityKey(root.GetProperty("type").GetString()!, root.GetProperty("entity").GetString()!),
                Device = new DeviceId(root.GetProperty("device").GetGuid()),
                Kind = OperationKindNames.Read(root.GetProperty("kind").GetString()),
                Counter = root.GetProperty("counter").GetInt64(),
                Group = new OperationId(root.GetProperty("group").GetGuid()),
                Transaction = root.TryGetProperty("transaction", out var transaction) ? new TransactionId(transaction.GetGuid()) : null,
                ParkedAt = root.GetProperty("parked_at").GetInt64(),
                Changes = FieldChangeJson.Read(root.GetProperty("changes")),
                Before = [.. root.GetProperty("before").EnumerateArray().Select(static image => new BeforeImage(
                    image.GetProperty("field").GetString()!,
                    image.TryGetProperty("value", out var value) ? JsonValue.FromText(value.GetRawText()) : null))],
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"The row {id} of {Type} is no parked operation.", exception);
        }
    }

    private IEnumerable<FieldChange> Fields()
    {
        yield return Field("type", json => json.WriteStringValue(Entity.Type));
        yield return Field("entity", json => json.WriteStringValue(Entity.Id));
        yield return Field("device", json => json.WriteStringValue(Device.Value));
        yield return Field("kind", json => json.WriteStringValue(OperationKindNames.Of(Kind)));
        yield return Field("counter", json => json.WriteNumberValue(Counter));
        yield return Field("group", json => json.WriteStringValue(Group.Value));
        if (Transaction is { } transaction) yield return Field("transaction", json => json.WriteStringValue(transaction.Value));
        yield return Field("parked_at", json => json.WriteNumberValue(ParkedAt));
        yield return Field("changes", json => FieldChangeJson.Write(json, Changes));
        yield return Field("before", WriteBefore);
    }

    private void WriteBefore(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (var image in Before)
        {
            json.WriteStartObject();
            json.WriteString("field", image.Field);
            if (image.Value is { } value)
            {
                json.WritePropertyName("value");
                json.WriteRawValue(value.Utf8.Span);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static SetField Field(string name, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(IdBytes);
        using (var json = new Utf8JsonWriter(buffer, Relaxed)) write(json);
        return new SetField(name, new JsonValue(buffer.WrittenSpan.ToArray()));
    }
}
