using Npgsql;
using OrleansSync.Hosting;

namespace OrleansSync.Silo.Configuration;

/// <summary>Whether the chosen storage is one that the mode can run on, and is named completely.</summary>
internal static class StorageCheck
{
    private const string Section = $"{ConfigurationReader.Section}:Storage";

    public static StorageSettings Check(StorageChoice choice, ServerMode mode, IHostApplicationBuilder host, Faults faults)
    {
        if (choice.Provider is not { } provider)
        {
            // One that is no provider was told already.
            if (host.Configuration[$"{Section}:Provider"] is null)
            {
                faults.Add($"{Section}:Provider", null, mode == ServerMode.Embedded
                    ? "name where the data is kept: Sqlite, with a Path."
                    : "name where the data is kept: Postgres, with a ConnectionName.");
            }

            return new StorageSettings.Sqlite("");
        }

        if (Refusal(provider, mode) is { } reason) faults.Add($"{Section}:Provider", provider.ToString(), reason);
        return provider == StorageProvider.Sqlite
            ? Sqlite(choice, host.Environment, faults)
            : Postgres(choice, host.Configuration, faults);
    }

    private static string? Refusal(StorageProvider provider, ServerMode mode) => (provider, mode) switch
    {
        (StorageProvider.Sqlite, ServerMode.Silo) => "SQLite files belong to one process, and silos share their data. "
            + "Choose Postgres, or run the gateway's application in mode Embedded.",
        (StorageProvider.Sqlite, ServerMode.Node) => "SQLite files belong to one process, and nodes share their data. "
            + "Choose Postgres, or the mode Embedded.",
        (StorageProvider.Sqlite, ServerMode.Gateway) => "a gateway finds its silos in their database, which is on PostgreSQL. "
            + "Choose Postgres, or the mode Embedded.",
        (StorageProvider.Postgres, ServerMode.Embedded) => "an embedded server knows of no other, and two of them on one database "
            + "would take the users from each other without end. Choose the mode Node, the modes Silo and Gateway, or Sqlite.",
        _ => null,
    };

    private static StorageSettings.Sqlite Sqlite(StorageChoice choice, IHostEnvironment environment, Faults faults)
    {
        if (choice.ConnectionName is { } name) faults.Add($"{Section}:ConnectionName", name, "the key belongs to Postgres; leave it out.");
        if (string.IsNullOrWhiteSpace(choice.Path))
        {
            faults.Add($"{Section}:Path", choice.Path, "name the folder of the data files, for example data.");
            return new StorageSettings.Sqlite("");
        }

        return new StorageSettings.Sqlite(Path.GetFullPath(choice.Path, environment.ContentRootPath));
    }

    private static StorageSettings.Postgres Postgres(StorageChoice choice, IConfiguration configuration, Faults faults)
    {
        if (choice.Path is { } path) faults.Add($"{Section}:Path", path, "the key belongs to Sqlite; leave it out.");
        if (string.IsNullOrWhiteSpace(choice.ConnectionName))
        {
            faults.Add($"{Section}:ConnectionName", choice.ConnectionName, "name the connection string, for example syncdb for "
                + "ConnectionStrings:syncdb.");
            return new StorageSettings.Postgres("");
        }

        return new StorageSettings.Postgres(ConnectionString(choice.ConnectionName, configuration, faults));
    }

    // Never told back: it may hold a password.
    private static string ConnectionString(string name, IConfiguration configuration, Faults faults)
    {
        var key = $"ConnectionStrings:{name}";
        if (configuration.GetConnectionString(name) is not { } text || string.IsNullOrWhiteSpace(text))
        {
            faults.Add(key, null, $"give PostgreSQL's connection string, for example Host=db;Database=sync;Username=sync;Password=…; "
                + $"as an environment variable its name is ConnectionStrings__{name}.");
            return "";
        }

        try
        {
            var read = new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrWhiteSpace(read.Host)) faults.Add(key, null, "name the server in it: Host=…");
            if (string.IsNullOrWhiteSpace(read.Database)) faults.Add(key, null, "name the database in it: Database=…");
            return text;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            faults.Add(key, null,
                $"it is no connection string of PostgreSQL ({exception.Message}); write it as Host=…;Database=…;Username=….");
            return "";
        }
    }
}
