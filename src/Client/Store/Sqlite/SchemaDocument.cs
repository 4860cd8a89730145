using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansSync.Core;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>A schema as the local database keeps it.</summary>
internal sealed record SchemaDocument(bool AcceptUndeclared, IReadOnlyList<SchemaDocument.TypeDocument> Types)
{
    public static byte[] Write(SyncSchema schema) => JsonSerializer.SerializeToUtf8Bytes(
        new SchemaDocument(schema.AcceptUndeclared, [.. schema.Types.Values.Select(static type => new TypeDocument(
            type.Type, (int)type.Policy, (int)type.OnDelete, type.ResolverVersion, type.InfersKinds,
            type.Fields.ToDictionary(static field => field.Key, static field => (int)field.Value)))]),
        StoreJson.Default.SchemaDocument);

    public static SyncSchema Parse(byte[] utf8)
    {
        var document = JsonSerializer.Deserialize(utf8, StoreJson.Default.SchemaDocument)!;
        return new SyncSchema(document.Types.Select(static type => new EntitySchema(type.Type)
        {
            Policy = (ConflictPolicy)type.Policy,
            OnDelete = (DeletePolicy)type.OnDelete,
            ResolverVersion = type.ResolverVersion,
            InfersKinds = type.InfersKinds,
            Fields = type.Fields.ToImmutableSortedDictionary(
                static field => field.Key, static field => (FieldKind)field.Value, StringComparer.Ordinal),
        }), document.AcceptUndeclared);
    }

    internal sealed record TypeDocument(
        string Type, int Policy, int OnDelete, int ResolverVersion, bool InfersKinds, Dictionary<string, int> Fields);
}

/// <summary>Source-generated JSON of what the library itself stores.</summary>
[JsonSerializable(typeof(SchemaDocument))]
[JsonSerializable(typeof(Limits))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class StoreJson : JsonSerializerContext;
