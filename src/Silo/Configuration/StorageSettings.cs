namespace OrleansSync.Silo.Configuration;

/// <summary>Where the data is kept: named, never inferred.</summary>
internal abstract record StorageSettings
{
    private StorageSettings() { }

    internal sealed record Sqlite(string Folder) : StorageSettings;

    internal sealed record Postgres(string ConnectionString) : StorageSettings;
}

/// <summary>What the configuration or the code says of the storage, before it is checked.</summary>
internal sealed record StorageChoice(StorageProvider? Provider, string? Path, string? ConnectionName);

internal enum StorageProvider
{
    Sqlite = 1,
    Postgres = 2,
}
