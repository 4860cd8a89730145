namespace OrleansSync.Gateway.Executable;

/// <summary>What the command line says: settings for the configuration, or a wish for help, or what is wrong with it.</summary>
internal sealed record CommandLine(IReadOnlyDictionary<string, string?> Settings, string? Environment, bool Help, string? Fault)
{
    public const string HelpText = """
        OrleansSync, embedded: gateway, silo and SQLite in one process, on the loopback addresses.

          --data <folder>         where the data is kept (default: data)
          --grpc-port <port>      HTTP/2 without TLS, for devices (default: 5080; 0: a free one)
          --http-port <port>      HTTP/1.1, for health checks and pages (default: 5081; 0: a free one)
          --environment <name>    Development accepts the token dev:<user>; others need authentication (default: Production)
          --<section>:<key> <v>   any key of the configuration, such as --OrleansSync:Limits:BatchOperations 200
          --help                  this text

        The same keys can stand in appsettings.json and in environment variables (OrleansSync__Storage__Path=…).
        When the server is ready it prints one line: OrleansSync ready: grpc=<url> http=<url> data=<folder>
        """;

    private static readonly Dictionary<string, string> Short = new(StringComparer.Ordinal)
    {
        ["--data"] = "OrleansSync:Storage:Path",
        ["--grpc-port"] = "OrleansSync:Ports:Grpc",
        ["--http-port"] = "OrleansSync:Ports:Http",
        ["--environment"] = "environment",
    };

    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var left, var right] ? (left, right) : (args[i], null);
            if (name is "--help" or "-h" or "-?") return new(settings, null, Help: true, null);
            var isKey = name.StartsWith("--", StringComparison.Ordinal) && name.Contains(':');
            var key = Short.GetValueOrDefault(name) ?? (isKey ? name[2..] : null);
            if (key is null) return Wrong($"{name} is not known");
            value ??= ++i < args.Count ? args[i] : null;
            if (value is null) return Wrong($"{name} needs a value");
            settings[key] = value;
        }

        settings.Remove("environment", out var environment);
        return new(settings, environment, Help: false, null);
    }

    private static CommandLine Wrong(string fault) => new(new Dictionary<string, string?>(), null, Help: false, fault);
}
