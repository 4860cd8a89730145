using OrleansSync.Core;

namespace OrleansSync.Gateway.Configuration;

/// <summary>What the server runs with: the builder's word after every check.</summary>
/// <param name="DataFolder">Where the SQLite files are.</param>
/// <param name="Schema">The types and their rules.</param>
/// <param name="Limits">The limits.</param>
/// <param name="UserClaim">The claim that holds the user's id; <c>null</c>: the development scheme.</param>
/// <param name="Ports">Where to listen; <c>null</c>: as the host has configured.</param>
/// <param name="Time">The clock of leases.</param>
internal sealed record ServerSettings(
    string DataFolder, SyncSchema Schema, Limits Limits, string? UserClaim, LoopbackPorts? Ports, TimeProvider Time)
{
    public static ServerSettings From(OrleansSyncBuilder builder, IHostEnvironment environment, Faults faults)
    {
        const string section = ConfigurationReader.Section;
        if (string.IsNullOrWhiteSpace(builder.DataFolder))
        {
            faults.Add($"{section}:Storage:Path", builder.DataFolder,
                "name the folder of the data files: UseSqlite(\"data\") in code, or Provider Sqlite and a Path in the configuration.");
        }

        if (builder.Claim is null && !environment.IsDevelopment())
        {
            faults.Add($"{section}:Authentication:UserClaim", null,
                $"authentication is not configured, and the environment is {environment.EnvironmentName}. Register an ASP.NET Core "
                + "authentication scheme as the default and name the claim that holds the user's id (for example sub). "
                + "To try OrleansSync on this machine, set DOTNET_ENVIRONMENT=Development.");
        }
        else if (builder.Claim is { } claim && string.IsNullOrWhiteSpace(claim))
        {
            faults.Add($"{section}:Authentication:UserClaim", $"\"{claim}\"", "name the claim that holds the user's id, for example sub.");
        }

        LimitSettings.Check(builder.Limits, $"{section}:Limits", faults);
        CheckPorts(builder.Ports, faults);
        var schema = new SyncSchema(
            builder.Entities.Values.Select(entity => TypeOf(entity, faults)),
            builder.AcceptsUndeclared ?? environment.IsDevelopment());
        var folder = Path.GetFullPath(builder.DataFolder is { Length: > 0 } path ? path : ".", environment.ContentRootPath);
        return new(folder, schema, builder.Limits, builder.Claim, builder.Ports, builder.Time);
    }

    private static EntitySchema TypeOf(EntityBuilder entity, Faults faults)
    {
        var key = $"{ConfigurationReader.Section}:Entities:{entity.Type}";
        if (FormRules.CheckName(entity.Type, Limits.Default) is { } typeFault) faults.Add(key, null, typeFault.Message);
        var schema = new EntitySchema(entity.Type) { Policy = entity.ConflictPolicy, OnDelete = entity.DeletePolicy };
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

    private static void CheckPorts(LoopbackPorts? ports, Faults faults)
    {
        if (ports is null) return;
        const string key = $"{ConfigurationReader.Section}:Ports";
        if (ports.Grpc is < 0 or > 65_535) faults.Add($"{key}:Grpc", ports.Grpc.ToString(), "choose 0 (a free one) to 65535.");
        if (ports.Http is < 0 or > 65_535) faults.Add($"{key}:Http", ports.Http.ToString(), "choose 0 (a free one) to 65535.");
        if (ports.Grpc == ports.Http && ports.Grpc != 0)
        {
            faults.Add($"{key}:Http", ports.Http.ToString(),
                $"choose another than {key}:Grpc; without TLS a port speaks HTTP/2 or HTTP/1.1, not both.");
        }
    }
}
