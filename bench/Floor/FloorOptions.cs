using System.Globalization;
using Npgsql;

namespace OrleansSync.Bench.Floor;

/// <summary>What the command line says.</summary>
internal sealed record FloorOptions(string Store, string Source, int Port)
{
    public const string Postgres = "postgres";

    public const string Sqlite = "sqlite";

    public const string Help =
        """
        The hand-written endpoint that the benchmarks compare with.

          --store postgres --connection "<Npgsql connection string>" --port <n>
          --store sqlite --file <path> --port <n>

        It listens on 127.0.0.1 for gRPC without TLS; port 0 takes a free one. Its tables are made where they are absent.
        """;

    private static readonly string[] Known = ["--store", "--connection", "--file", "--port"];

    /// <exception cref="FormatException">A wrong command line; the message says what is wrong with it.</exception>
    public static FloorOptions Parse(string[] args)
    {
        var given = Pairs(args);
        var store = Required(given, "--store");
        var (own, foreign) = store switch
        {
            Postgres => ("--connection", "--file"),
            Sqlite => ("--file", "--connection"),
            _ => throw new FormatException($"--store is '{store}'; it takes '{Postgres}' or '{Sqlite}'."),
        };
        if (given.ContainsKey(foreign)) throw new FormatException($"{foreign} does not go with --store {store}, which takes {own}.");
        var source = Required(given, own);
        if (store == Postgres) CheckConnection(source);
        var text = Required(given, "--port");
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > ushort.MaxValue)
            throw new FormatException($"--port is '{text}'; it takes a number from 0 (a free one) to {ushort.MaxValue}.");
        return new FloorOptions(store, source, port);
    }

    private static Dictionary<string, string> Pairs(string[] args)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (!Known.Contains(args[i])) throw new FormatException($"'{args[i]}' is unknown; known are {string.Join(", ", Known)}.");
            if (i + 1 == args.Length) throw new FormatException($"{args[i]} has no value.");
            if (!given.TryAdd(args[i], args[i + 1])) throw new FormatException($"{args[i]} is given twice.");
        }

        return given;
    }

    private static void CheckConnection(string connection)
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(connection);
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"--connection is not an Npgsql connection string: {exception.Message}.", exception);
        }
    }

    private static string Required(Dictionary<string, string> given, string name) =>
        given.TryGetValue(name, out var value) && value.Length > 0 ? value : throw new FormatException($"{name} is missing.");
}
