using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using OrleansSync.Core;
using JsonValue = OrleansSync.Core.JsonValue;

namespace OrleansSync.Backend;

/// <summary>
/// Changes of one entity's fields. Of several changes of one plain field or one set element the last counts; increments of one
/// counter add up.
/// </summary>
public sealed class SyncPatch
{
    private readonly List<FieldChange> _changes = [];

    internal SyncPatch() { }

    internal IReadOnlyList<FieldChange> Changes => _changes;

    /// <summary>Sets a plain field; <c>null</c> is JSON null.</summary>
    public SyncPatch Set(string field, JsonNode? value) => Replace(new SetField(field, Documents.Encode(value)));

    /// <summary>Sets a plain field to a value of the app's own, by its source-generated JSON.</summary>
    public SyncPatch Set<T>(string field, T value, JsonTypeInfo<T> typeInfo) =>
        Replace(new SetField(field, new JsonValue(JsonSerializer.SerializeToUtf8Bytes(value, typeInfo))));

    /// <summary>Removes a plain field.</summary>
    public SyncPatch Remove(string field) => Replace(new RemoveField(field));

    /// <summary>Adds to a counter field.</summary>
    /// <param name="field">A counter field.</param>
    /// <param name="delta">At most 2^53 - 1 up or down.</param>
    public SyncPatch Increment(string field, long delta = 1)
    {
        var at = _changes.FindIndex(change => change is IncrementField && change.Field == field);
        if (at < 0) _changes.Add(new IncrementField(field, delta));
        else _changes[at] = new IncrementField(field, checked(((IncrementField)_changes[at]).Delta + delta));
        return this;
    }

    /// <summary>Adds a text to a set field.</summary>
    public SyncPatch Add(string field, string element) => Put(new AddElement(field, SetElement.Of(element), 0, []), SetElement.Of(element));

    /// <summary>Adds a number to a set field.</summary>
    public SyncPatch Add(string field, long element) => Put(new AddElement(field, SetElement.Of(element), 0, []), SetElement.Of(element));

    /// <summary>Removes a text from a set field; an add that has not reached the server yet stays.</summary>
    public SyncPatch RemoveElement(string field, string element) =>
        Put(new RemoveElement(field, SetElement.Of(element), []), SetElement.Of(element));

    /// <summary>Removes a number from a set field; an add that has not reached the server yet stays.</summary>
    public SyncPatch RemoveElement(string field, long element) =>
        Put(new RemoveElement(field, SetElement.Of(element), []), SetElement.Of(element));

    private SyncPatch Replace(FieldChange change)
    {
        _changes.RemoveAll(earlier => earlier is SetField or RemoveField && earlier.Field == change.Field);
        _changes.Add(change);
        return this;
    }

    private SyncPatch Put(FieldChange change, SetElement element)
    {
        _changes.RemoveAll(earlier => earlier.Field == change.Field && earlier switch
        {
            AddElement add => add.Element == element,
            RemoveElement remove => remove.Element == element,
            _ => false,
        });
        _changes.Add(change);
        return this;
    }
}
