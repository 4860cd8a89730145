using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Protocol;

/// <summary>Schemas. What is read has the hash of what was written.</summary>
public static class SchemaMapping
{
    public static V1.Schema ToWire(SyncSchema schema)
    {
        var wire = new V1.Schema { AcceptUndeclared = schema.AcceptUndeclared };
        foreach (var type in schema.Types.Values)
        {
            var entity = new V1.EntitySchema
            {
                Type = type.Type,
                Policy = (V1.ConflictPolicy)type.Policy,
                OnDelete = (V1.DeletePolicy)type.OnDelete,
                ResolverVersion = type.ResolverVersion,
            };
            foreach (var (name, kind) in type.Fields) entity.Fields.Add(new V1.FieldSchema { Name = name, Kind = (V1.FieldKind)kind });
            wire.Types_.Add(entity);
        }

        return wire;
    }

    /// <exception cref="InvalidDataException">The schema is malformed; the message names the field.</exception>
    public static SyncSchema Read(V1.Schema wire)
    {
        var types = new Dictionary<string, EntitySchema>(StringComparer.Ordinal);
        for (var i = 0; i < wire.Types_.Count; i++)
        {
            var type = ReadType(wire.Types_[i], $"schema.types[{i}]");
            if (!types.TryAdd(type.Type, type)) throw new InvalidDataException($"schema.types[{i}].type is there twice.");
        }

        return new SyncSchema(types.Values, wire.AcceptUndeclared);
    }

    private static EntitySchema ReadType(V1.EntitySchema wire, string path)
    {
        RequireName(wire.Type, $"{path}.type");
        if (wire.Policy is < V1.ConflictPolicy.FieldMerge or > V1.ConflictPolicy.Custom) throw Unknown("policy", (int)wire.Policy);
        if (wire.OnDelete is < V1.DeletePolicy.ByTimestamp or > V1.DeletePolicy.DeleteWins) throw Unknown("on_delete", (int)wire.OnDelete);
        var fields = ImmutableSortedDictionary.CreateBuilder<string, FieldKind>(StringComparer.Ordinal);
        for (var i = 0; i < wire.Fields.Count; i++)
        {
            var field = wire.Fields[i];
            RequireName(field.Name, $"{path}.fields[{i}].name");
            if (field.Kind is < V1.FieldKind.Plain or > V1.FieldKind.Set) throw Unknown($"fields[{i}].kind", (int)field.Kind);
            if (!fields.TryAdd(field.Name, (FieldKind)field.Kind))
            {
                throw new InvalidDataException($"{path}.fields[{i}].name is there twice.");
            }
        }

        return new EntitySchema(wire.Type)
        {
            Policy = (ConflictPolicy)wire.Policy,
            OnDelete = (DeletePolicy)wire.OnDelete,
            ResolverVersion = wire.ResolverVersion,
            Fields = fields.ToImmutable(),
        };

        InvalidDataException Unknown(string part, int value) => new($"{path}.{part} {value} is not known.");
    }

    private static void RequireName(string name, string path)
    {
        if (FormRules.CheckName(name, Limits.Default) is { } fault) throw new InvalidDataException($"{path}: {fault.Message}");
    }
}
