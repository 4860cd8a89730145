namespace OrleansSync.Silo.Executable;

/// <summary>What a command line says: settings for the configuration, or a wish for help, or what is wrong with it.</summary>
internal sealed record CommandLine(IReadOnlyDictionary<string, string?> Settings, string? Environment, bool Help, string? Fault, bool NewLineage = false)
{
    private const string NewLineageOption = "--new-lineage";
    private const string EnvironmentKey = "environment";

    /// <param name="args">The arguments.</param>
    /// <param name="shortNames">Options with a name of their own, and the key each stands for.</param>
    public static CommandLine Parse(IReadOnlyList<string> args, IReadOnlyDictionary<string, string> shortNames)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var newLineage = false;
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var left, var right] ? (left, right) : (args[i], null);
            if (name is "--help" or "-h" or "-?") return new(settings, null, Help: true, null);
            if (args[i] == NewLineageOption)
            {
                newLineage = true;
                continue;
            }

            var isKey = name.StartsWith("--", StringComparison.Ordinal) && name.Contains(':');
            var key = name == $"--{EnvironmentKey}" ? EnvironmentKey : shortNames.GetValueOrDefault(name) ?? (isKey ? name[2..] : null);
            if (key is null) return Wrong($"{name} is not known");
            value ??= ++i < args.Count ? args[i] : null;
            if (value is null) return Wrong($"{name} needs a value");
            settings[key] = value;
        }

        settings.Remove(EnvironmentKey, out var environment);
        return new(settings, environment, Help: false, null, newLineage);
    }

    private static CommandLine Wrong(string fault) => new(new Dictionary<string, string?>(), null, Help: false, fault);
}
