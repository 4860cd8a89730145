using OrleansSync.Core;

namespace OrleansSync.Gateway.Configuration;

/// <summary>
/// Carries the section <c>OrleansSync</c> over into the builder. A key it does not know is a fault: a typo must not pass.
/// </summary>
internal sealed class ConfigurationReader(OrleansSyncBuilder builder, Faults faults)
{
    public const string Section = "OrleansSync";

    private static readonly string[] Modes = ["Embedded", "Silo", "Gateway"];

    private static readonly string[] Keys = ["Mode", "Storage", "Entities", "AcceptUndeclaredTypes", "Limits", "Authentication", "Ports"];

    public void Read(IConfigurationSection root)
    {
        foreach (var (name, section) in Children(root, Keys))
        {
            switch (name)
            {
                case "Mode": ReadMode(section); break;
                case "Storage": ReadStorage(section); break;
                case "Entities": ReadEntities(section); break;
                case "AcceptUndeclaredTypes": if (Flag(section) is { } accept) builder.AcceptUndeclaredTypes(accept); break;
                case "Limits": ReadLimits(section); break;
                case "Authentication": ReadAuthentication(section); break;
                case "Ports": ReadPorts(section); break;
            }
        }
    }

    private void ReadMode(IConfigurationSection section)
    {
        if (OneOf(section, Modes) is { } mode && mode != "Embedded")
        {
            faults.Add(section.Path, mode, "this version runs embedded only; silos and gateways as processes of their own "
                + "come with the cluster. Set Embedded, or leave the key out.");
        }
    }

    private void ReadStorage(IConfigurationSection storage)
    {
        string? path = null;
        var provider = builder.DataFolder is null ? null : "Sqlite";
        foreach (var (name, section) in Children(storage, "Provider", "Path"))
        {
            if (name == "Provider") provider = OneOf(section, ["Sqlite"]);
            else path = Text(section);
        }

        if (provider is null) faults.Add($"{storage.Path}:Provider", storage["Provider"], "name where the data is kept: Sqlite.");
        if (path is not null) builder.UseSqlite(path);
    }

    private void ReadEntities(IConfigurationSection entities)
    {
        if (!IsSection(entities)) return;
        var declared = builder.Entities.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var type in entities.GetChildren())
        {
            if (declared.Contains(type.Key))
            {
                faults.Add(type.Path, null, "the type is declared in code too; declare it in one place.");
                continue;
            }

            ReadEntity(type, builder.Entity(type.Key));
        }
    }

    private void ReadEntity(IConfigurationSection type, EntityBuilder entity)
    {
        foreach (var (name, section) in Children(type, "Policy", "OnDelete", "Fields"))
        {
            switch (name)
            {
                case "Policy": if (OneOf<ConflictPolicy>(section) is { } policy) entity.Policy(policy); break;
                case "OnDelete": if (OneOf<DeletePolicy>(section) is { } onDelete) entity.OnDelete(onDelete); break;
                case "Fields" when IsSection(section):
                    foreach (var field in section.GetChildren())
                    {
                        if (OneOf<FieldKind>(field) is { } kind) entity.Field(field.Key, kind);
                    }

                    break;
            }
        }
    }

    private void ReadLimits(IConfigurationSection limits)
    {
        foreach (var (name, section) in Children(limits, [.. LimitSettings.All.Select(static setting => setting.Name)]))
        {
            var setting = LimitSettings.All.First(setting => setting.Name == name);
            if (Number(section, setting.Min, setting.Max) is { } value) builder.ConfigureLimits(limits => setting.With(limits, value));
        }
    }

    private void ReadAuthentication(IConfigurationSection authentication)
    {
        foreach (var (_, section) in Children(authentication, "UserClaim"))
        {
            if (Text(section) is { } claim) builder.UserClaim(claim);
        }
    }

    private void ReadPorts(IConfigurationSection ports)
    {
        var (grpc, http) = builder.Ports ?? new LoopbackPorts(5080, 5081);
        foreach (var (name, section) in Children(ports, "Grpc", "Http"))
        {
            if (Number(section, 0, 65_535) is not { } port) continue;
            if (name == "Grpc") grpc = (int)port;
            else http = (int)port;
        }

        builder.ListenOnLoopback(grpc, http);
    }

    /// <summary>The children that are known, under the name as it is documented; the others are faults.</summary>
    private IEnumerable<(string Name, IConfigurationSection Section)> Children(IConfigurationSection section, params string[] known)
    {
        if (!IsSection(section)) yield break;
        foreach (var child in section.GetChildren())
        {
            var name = known.FirstOrDefault(name => string.Equals(name, child.Key, StringComparison.OrdinalIgnoreCase));
            if (name is null) faults.Add(child.Path, child.Value, $"the key is not known; {section.Path} has {string.Join(", ", known)}.");
            else yield return (name, child);
        }
    }

    private bool IsSection(IConfigurationSection section)
    {
        if (section.Value is not { Length: > 0 } value) return true;
        faults.Add(section.Path, value, "keys are expected below it, not a value.");
        return false;
    }

    private string? Text(IConfigurationSection section)
    {
        if (!string.IsNullOrWhiteSpace(section.Value)) return section.Value;
        faults.Add(section.Path, section.Value ?? "", "give it a value, or leave the key out.");
        return null;
    }

    private bool? Flag(IConfigurationSection section)
    {
        if (bool.TryParse(section.Value, out var flag)) return flag;
        faults.Add(section.Path, section.Value ?? "", "choose true or false.");
        return null;
    }

    private long? Number(IConfigurationSection section, long min, long max)
    {
        if (long.TryParse(section.Value, out var number) && number >= min && number <= max) return number;
        faults.Add(section.Path, section.Value ?? "", $"choose a whole number from {min} to {max}.");
        return null;
    }

    private string? OneOf(IConfigurationSection section, string[] choices)
    {
        var choice = choices.FirstOrDefault(choice => string.Equals(choice, section.Value, StringComparison.OrdinalIgnoreCase));
        if (choice is null) faults.Add(section.Path, section.Value ?? "", $"choose {string.Join(", ", choices)}.");
        return choice;
    }

    private T? OneOf<T>(IConfigurationSection section) where T : struct, Enum =>
        OneOf(section, Enum.GetNames<T>()) is { } name ? Enum.Parse<T>(name) : null;
}
