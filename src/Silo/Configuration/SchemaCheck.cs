using OrleansSync.Core;
using OrleansSync.Hosting;

namespace OrleansSync.Silo.Configuration;

/// <summary>Makes the schema out of the declared types.</summary>
internal static class SchemaCheck
{
    public static SyncSchema Check(OrleansSyncBuilder builder, ServerMode mode, bool acceptUndeclared, Faults faults)
    {
        var schema = new SyncSchema(
            builder.Entities.Values.Where(static entity => entity.Type != ParkedOperation.Type).Select(entity => TypeOf(entity, faults)), acceptUndeclared);
        if (builder.Entities.ContainsKey(ParkedOperation.Type))
            faults.Add($"{ConfigurationReader.Section}:Entities:{ParkedOperation.Type}", null, "the name is that of the conflict inbox; choose another one.");
        // Where there is a silo, its own options say so.
        if (mode == ServerMode.Gateway) faults.AddRange(SyncSiloOptionsException.SchemaFaults(schema));
        return schema;
    }

    private static EntitySchema TypeOf(EntityBuilder entity, Faults faults)
    {
        var key = $"{ConfigurationReader.Section}:Entities:{entity.Type}";
        if (FormRules.CheckName(entity.Type, Limits.Default) is { } typeFault) faults.Add(key, null, typeFault.Message);
        if (entity.ResolverVersion > 0 && entity.ConflictPolicy != ConflictPolicy.Custom)
            faults.Add($"{key}:ResolverVersion", $"{entity.ResolverVersion}", $"the policy is {entity.ConflictPolicy}; choose {nameof(ConflictPolicy.Custom)}, or leave it out.");
        var schema = new EntitySchema(entity.Type)
        {
            Policy = entity.ConflictPolicy,
            OnDelete = entity.DeletePolicy,
            ResolverVersion = entity.ResolverVersion,
        };
        foreach (var (field, kind) in entity.Fields)
        {
            var fieldKey = $"{key}:Fields:{field}";
            if (FormRules.CheckName(field, Limits.Default) is { } fault) faults.Add(fieldKey, kind.ToString(), fault.Message);
            if (schema.Fields.TryGetValue(field, out var other) && other != kind)
            {
                faults.Add(fieldKey, kind.ToString(), $"the field is declared as {other} too; a field has one kind.");
            }

            if (kind != FieldKind.Plain) schema = schema with { Fields = schema.Fields.SetItem(field, kind) };
        }

        return schema;
    }
}
