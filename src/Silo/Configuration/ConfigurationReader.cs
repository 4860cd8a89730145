using OrleansSync.Core;
using OrleansSync.Grains.Retention;
using OrleansSync.Hosting;

namespace OrleansSync.Silo.Configuration;

/// <summary>
/// Carries the section <c>OrleansSync</c> over into the builder. A key it does not know is a fault: a typo must not pass.
/// </summary>
internal sealed class ConfigurationReader(OrleansSyncBuilder builder, Faults faults)
{
    public const string Section = "OrleansSync";

    private static readonly string[] Keys =
    [
        "Mode", "Storage", "Cluster", "Entities", "AcceptUndeclaredTypes", "Limits", "Retention", "Authentication", "Operators", "Ports", "Cors",
    ];

    private readonly SettingReader _reader = new(faults);

    public void Read(IConfigurationSection root)
    {
        foreach (var (name, section) in _reader.Children(root, Keys))
        {
            switch (name)
            {
                case "Mode": if (_reader.OneOf<ServerMode>(section) is { } mode) builder.Mode(mode); break;
                case "Storage": ReadStorage(section); break;
                case "Cluster": ReadCluster(section); break;
                case "Entities": ReadEntities(section); break;
                case "AcceptUndeclaredTypes": if (_reader.Flag(section) is { } accept) builder.AcceptUndeclaredTypes(accept); break;
                case "Limits": ReadLimits(section); break;
                case "Retention": ReadRetention(section); break;
                case "Authentication": ReadAuthentication(section); break;
                case "Operators": ReadOperators(section); break;
                case "Ports": ReadPorts(section); break;
                case "Cors": ReadCors(section); break;
            }
        }
    }

    private void ReadStorage(IConfigurationSection storage)
    {
        var choice = builder.Storage;
        foreach (var (name, section) in _reader.Children(storage, "Provider", "Path", "ConnectionName"))
        {
            switch (name)
            {
                case "Provider":
                    // What code says of another provider is nothing to this one.
                    if (_reader.OneOf<StorageProvider>(section) is { } provider && provider != choice.Provider)
                    {
                        choice = new StorageChoice(provider, storage["Path"], storage["ConnectionName"]);
                    }

                    break;
                case "Path": if (_reader.Text(section) is { } path) choice = choice with { Path = path }; break;
                case "ConnectionName": if (_reader.Text(section) is { } named) choice = choice with { ConnectionName = named }; break;
            }
        }

        builder.Change(choice);
    }

    private void ReadCluster(IConfigurationSection section)
    {
        foreach (var (name, value) in _reader.Children(section, "ClusterId", "ServiceId", "SiloPort", "GatewayPort", "AdvertisedAddress"))
        {
            if (name is "SiloPort" or "GatewayPort")
            {
                if (_reader.Number(value, 1, 65_535) is not { } number) continue;
                var port = (int)number;
                builder.ConfigureCluster(cluster =>
                    name == "SiloPort" ? cluster with { SiloPort = port } : cluster with { GatewayPort = port });
                continue;
            }

            if (_reader.Text(value) is not { } text) continue;
            builder.ConfigureCluster(cluster => name switch
            {
                "ClusterId" => cluster with { ClusterId = text },
                "ServiceId" => cluster with { ServiceId = text },
                _ => cluster with { AdvertisedAddress = text },
            });
        }
    }

    private void ReadEntities(IConfigurationSection entities)
    {
        if (!_reader.IsSection(entities)) return;
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
        foreach (var (name, section) in _reader.Children(type, "Policy", "OnDelete", "ResolverVersion", "Fields"))
        {
            switch (name)
            {
                case "Policy": if (_reader.OneOf<ConflictPolicy>(section) is { } policy) entity.Policy(policy); break;
                case "OnDelete": if (_reader.OneOf<DeletePolicy>(section) is { } onDelete) entity.OnDelete(onDelete); break;
                case "ResolverVersion": if (_reader.Number(section, 1, int.MaxValue) is { } version) entity.Version((int)version); break;
                case "Fields" when _reader.IsSection(section):
                    foreach (var field in section.GetChildren())
                    {
                        if (_reader.OneOf<FieldKind>(field) is { } kind) entity.Field(field.Key, kind);
                    }

                    break;
            }
        }
    }

    private void ReadLimits(IConfigurationSection limits)
    {
        foreach (var (name, section) in _reader.Children(limits, [.. LimitSettings.All.Select(static setting => setting.Name)]))
        {
            var setting = LimitSettings.All.First(setting => setting.Name == name);
            if (_reader.Number(section, setting.Min, setting.Max) is { } value)
            {
                builder.ConfigureLimits(limits => setting.With(limits, value));
            }
        }
    }

    private void ReadRetention(IConfigurationSection retention)
    {
        foreach (var (name, section) in _reader.Children(retention, "Tombstones", "Journal", "Conflicts", "DeadLetters", "Every"))
        {
            var (min, max) = name == "Every" ? RetentionOptions.Period : RetentionOptions.Kept;
            if (_reader.Span(section, min, max) is not { } span) continue;
            builder.ConfigureRetention(read => name switch
            {
                "Tombstones" => read with { Tombstones = span },
                "Conflicts" => read with { Conflicts = span },
                "Journal" => read with { Journal = span },
                "DeadLetters" => read with { DeadLetters = span },
                _ => read with { Every = span },
            });
        }
    }

    private void ReadAuthentication(IConfigurationSection authentication)
    {
        var read = builder.Authentication;
        foreach (var (name, section) in _reader.Children(authentication, "Authority", "Audience", "UserClaim"))
        {
            if (_reader.Text(section) is not { } text) continue;
            read = name switch
            {
                "Authority" => read with { Authority = text },
                "Audience" => read with { Audience = text },
                _ => read with { UserClaim = text },
            };
        }

        builder.Change(read);
    }

    private void ReadOperators(IConfigurationSection operators)
    {
        var read = builder.Operators;
        foreach (var (name, section) in _reader.Children(operators, "Claim", "Value"))
        {
            if (_reader.Text(section) is { } text) read = name == "Claim" ? read with { Claim = text } : read with { Value = text };
        }

        builder.Change(read);
    }

    private void ReadPorts(IConfigurationSection ports)
    {
        var read = builder.Ports ?? ListenSettings.Default;
        foreach (var (name, section) in _reader.Children(ports, "Grpc", "Http", "Address"))
        {
            if (name == "Address")
            {
                read = read with { Address = _reader.Text(section) };
            }
            else if (_reader.Number(section, 0, 65_535) is { } port)
            {
                read = name == "Grpc" ? read with { Grpc = (int)port } : read with { Http = (int)port };
            }
        }

        builder.Change(read);
    }

    private void ReadCors(IConfigurationSection cors)
    {
        foreach (var (_, section) in _reader.Children(cors, "Origins"))
        {
            if (!_reader.IsSection(section)) continue;
            builder.AllowOrigins(section.GetChildren().Select(_reader.Text).OfType<string>());
        }
    }
}
