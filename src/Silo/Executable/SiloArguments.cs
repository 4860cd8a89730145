using System.Globalization;
using OrleansSync.Core;

namespace OrleansSync.Silo.Executable;

/// <summary>The command line of the silo.</summary>
internal sealed record SiloArguments
{
    public const string Usage = """
        Runs one OrleansSync silo on SQLite files. Gateways reach it on this machine.

          --data FOLDER          where sync.db and grains.db are, or will be made (default: data)
          --entity NAME[:a,b]    a type that is accepted, and its counter fields; may be repeated
                                 (without any: every type is accepted, merged field by field)
          --silo-port N          port for other silos (default: 11111)
          --gateway-port N       port for gateways (default: 30000)
          --help                 this text
        """;

    public string DataFolder { get; private init; } = "data";

    public int SiloPort { get; private init; } = 11_111;

    public int GatewayPort { get; private init; } = 30_000;

    public IReadOnlyList<EntitySchema> Entities { get; private init; } = [];

    public bool Help { get; private init; }

    public SyncSchema Schema => Entities.Count == 0 ? SyncSchema.Open : new SyncSchema(Entities);

    /// <summary>The arguments, and what is wrong with them.</summary>
    public static (SiloArguments Arguments, IReadOnlyList<string> Faults) Parse(IReadOnlyList<string> args)
    {
        var read = new SiloArguments();
        var faults = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            var name = args[i];
            if (name is "--help" or "-h" or "-?")
            {
                read = read with { Help = true };
                continue;
            }

            if (name is not ("--data" or "--entity" or "--silo-port" or "--gateway-port"))
            {
                faults.Add($"{name}: no such option; --help lists them.");
                continue;
            }

            if (++i == args.Count)
            {
                faults.Add($"{name}: a value is missing.");
                continue;
            }

            read = read.With(name, args[i], faults);
        }

        if (read.SiloPort == read.GatewayPort) faults.Add($"--gateway-port {read.GatewayPort}: choose another than --silo-port.");
        return (read, faults);
    }

    private SiloArguments With(string name, string value, List<string> faults)
    {
        switch (name)
        {
            case "--data":
                return this with { DataFolder = value };
            case "--entity":
                return EntityOf(value, faults) is { } entity ? this with { Entities = [.. Entities, entity] } : this;
            default:
                if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65_535)
                {
                    faults.Add($"{name} {value}: choose a port from 1 to 65535.");
                    return this;
                }

                return name == "--silo-port" ? this with { SiloPort = port } : this with { GatewayPort = port };
        }
    }

    private EntitySchema? EntityOf(string value, List<string> faults)
    {
        var parts = value.Split(':', 2);
        var counters = parts.Length == 1 ? [] : parts[1].Split(',');
        foreach (var name in counters.Prepend(parts[0]))
        {
            if (FormRules.CheckName(name, Limits.Default) is not { } fault) continue;
            faults.Add($"--entity {value}: {fault.Message}");
            return null;
        }

        if (Entities.Any(other => other.Type == parts[0]))
        {
            faults.Add($"--entity {value}: the type is given twice.");
            return null;
        }

        return counters.Aggregate(new EntitySchema(parts[0]), static (schema, counter) => schema.Counter(counter));
    }
}
