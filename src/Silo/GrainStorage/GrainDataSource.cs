using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace OrleansSync.Silo.GrainStorage;

/// <summary>
/// Connections to the SQLite file of the grain storage. The settings that a connection string cannot say are made on each
/// connection; the file's own are made once, with its schema.
/// </summary>
internal sealed class GrainDataSource : DbDataSource
{
    private const string SchemaScript = "OrleansSync.Silo.Scripts.Sqlite.0001_grain_states.sql";
    private const int SchemaVersion = 1;

    private readonly string _connectionString;

    private GrainDataSource(string path) =>
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = true, DefaultTimeout = 10 }.ToString();

    public override string ConnectionString => _connectionString;

    /// <summary>Opens the file, makes it if there is none, and applies its schema.</summary>
    /// <exception cref="InvalidOperationException">The file was written by a later version.</exception>
    public static GrainDataSource Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var source = new GrainDataSource(path);
        using var connection = source.OpenConnection();
        Execute(connection, "PRAGMA journal_mode = WAL");
        var version = Convert.ToInt32(Scalar(connection, "PRAGMA user_version"));
        if (version > SchemaVersion)
        {
            throw new InvalidOperationException(
                $"{path} has schema {version}, and this server knows {SchemaVersion}: run the version that wrote it.");
        }

        if (version < SchemaVersion) Execute(connection, $"BEGIN IMMEDIATE;{Script()}COMMIT;");
        return source;
    }

    protected override DbConnection CreateDbConnection() => new SqliteConnection(_connectionString);

    protected override DbConnection OpenDbConnection()
    {
        var connection = CreateDbConnection();
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // SQLite has no asynchronous I/O: the base class would only hide that behind a task.
    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) =>
        new(OpenDbConnection());

    protected override void Dispose(bool disposing)
    {
        if (disposing) ClearPool();
        base.Dispose(disposing);
    }

    protected override ValueTask DisposeAsyncCore()
    {
        ClearPool();
        return base.DisposeAsyncCore();
    }

    // Pooled connections keep the file open.
    private void ClearPool()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants and the embedded script.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static object? Scalar(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }

    private static string Script()
    {
        using var stream = typeof(GrainDataSource).Assembly.GetManifestResourceStream(SchemaScript)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
