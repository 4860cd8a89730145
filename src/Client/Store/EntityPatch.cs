using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansSync.Client.Store;
using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>
/// Changes of one entity's fields. Of several changes of one plain field or one set element the last counts; increments of
/// one counter add up. Field names: a letter or underscore, then letters, digits, underscores; at most 64.
/// </summary>
public sealed class EntityPatch
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Taken while in use: a value's own WriteTo may patch something.
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? _spare;

    private const int MaxSpare = 4_096;

    private readonly List<FieldChange> _changes = [];
    private readonly string _idName;

    internal EntityPatch(string idName) => _idName = idName;

    internal IReadOnlyList<FieldChange> Changes => _changes;

    /// <summary>Sets a plain field to a text, or to JSON null.</summary>
    public EntityPatch Set(string field, string? value) => Write(field, value, static (writer, text) => writer.WriteStringValue(text));

    /// <summary>Sets a plain field to a number.</summary>
    public EntityPatch Set(string field, long value) => Write(field, value, static (writer, number) => writer.WriteNumberValue(number));

    /// <summary>Sets a plain field to a number. Not a number and infinities have no JSON.</summary>
    /// <exception cref="ArgumentException">The value is not finite.</exception>
    public EntityPatch Set(string field, double value) => Write(field, value, static (writer, number) => writer.WriteNumberValue(number));

    /// <summary>Sets a plain field to a number.</summary>
    public EntityPatch Set(string field, decimal value) => Write(field, value, static (writer, number) => writer.WriteNumberValue(number));

    /// <summary>Sets a plain field to true or false.</summary>
    public EntityPatch Set(string field, bool value) => Write(field, value, static (writer, flag) => writer.WriteBooleanValue(flag));

    /// <summary>Sets a plain field to an ISO 8601 text.</summary>
    public EntityPatch Set(string field, DateTimeOffset value) => Write(field, value, static (writer, time) => writer.WriteStringValue(time));

    /// <summary>Sets a plain field to any JSON.</summary>
    public EntityPatch Set(string field, JsonElement value) => Write(field, value, static (writer, element) => element.WriteTo(writer));

    /// <summary>Sets a plain field to a value of the app's own, by its source-generated JSON.</summary>
    public EntityPatch Set<TValue>(string field, TValue value, JsonTypeInfo<TValue> typeInfo) =>
        Replace(new SetField(field, new JsonValue(JsonSerializer.SerializeToUtf8Bytes(value, typeInfo))));

    /// <summary>Removes a plain field.</summary>
    public EntityPatch Remove(string field) => Replace(new RemoveField(field));

    /// <summary>Adds to a counter field; concurrent increments add up.</summary>
    /// <param name="field">A counter field.</param>
    /// <param name="delta">At most 2^53 - 1 up or down.</param>
    public EntityPatch Increment(string field, long delta = 1)
    {
        var at = _changes.FindIndex(change => change is IncrementField && change.Field == field);
        if (at < 0) return Append(new IncrementField(field, delta));
        _changes[at] = new IncrementField(field, checked(((IncrementField)_changes[at]).Delta + delta));
        return this;
    }

    /// <summary>Adds a text to a set field.</summary>
    public EntityPatch Add(string field, string element) => Element(new AddElement(field, SetElement.Of(element), 0, []));

    /// <summary>Adds a number to a set field.</summary>
    public EntityPatch Add(string field, long element) => Element(new AddElement(field, SetElement.Of(element), 0, []));

    /// <summary>Removes a text from a set field; an add that this device has not seen stays.</summary>
    public EntityPatch RemoveElement(string field, string element) => Element(new RemoveElement(field, SetElement.Of(element), []));

    /// <summary>Removes a number from a set field; an add that this device has not seen stays.</summary>
    public EntityPatch RemoveElement(string field, long element) => Element(new RemoveElement(field, SetElement.Of(element), []));

    /// <summary>Leaves a field as it is: takes back what this patch was to do with it.</summary>
    public EntityPatch Without(string field)
    {
        _changes.RemoveAll(change => change.Field == field);
        return this;
    }

    /// <summary>Changes, as somebody has edited them.</summary>
    internal static IReadOnlyList<FieldChange> Edit(IEnumerable<FieldChange> changes, Action<EntityPatch> edit)
    {
        var patch = new EntityPatch(DocumentCodec.Id);
        patch._changes.AddRange(changes);
        edit(patch);
        return patch._changes;
    }

    private EntityPatch Write<TValue>(string field, TValue value, Action<Utf8JsonWriter, TValue> write)
    {
        if (_spare is not var (buffer, writer))
        {
            buffer = new ArrayBufferWriter<byte>();
            writer = new Utf8JsonWriter(buffer, Relaxed);
        }

        _spare = null;
        write(writer, value);
        writer.Flush();
        var written = buffer.WrittenSpan.ToArray();
        // One large value must not stay with the thread; a writer that has thrown is not used again.
        if (buffer.Capacity <= MaxSpare)
        {
            buffer.ResetWrittenCount();
            writer.Reset();
            _spare = (buffer, writer);
        }

        return Replace(new SetField(field, new JsonValue(written)));
    }

    private EntityPatch Replace(FieldChange change)
    {
        for (var i = _changes.Count - 1; i >= 0; i--)
        {
            if (_changes[i] is SetField or Core.RemoveField && _changes[i].Field == change.Field) _changes.RemoveAt(i);
        }

        return Append(change);
    }

    private EntityPatch Element(FieldChange change)
    {
        _changes.RemoveAll(earlier => earlier.Field == change.Field && ElementOf(earlier) is { } element && element == ElementOf(change));
        return Append(change);
    }

    private EntityPatch Append(FieldChange change)
    {
        if (change.Field == _idName) throw new ArgumentException($"'{_idName}' is the entity's id and no field: it cannot change.", nameof(change));
        _changes.Add(change);
        return this;
    }

    private static SetElement? ElementOf(FieldChange change) => change switch
    {
        AddElement add => add.Element,
        Core.RemoveElement remove => remove.Element,
        _ => null,
    };
}
