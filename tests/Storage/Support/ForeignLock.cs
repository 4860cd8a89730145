using Microsoft.Data.Sqlite;

namespace OrleansSync.Storage.Tests.Support;

/// <summary>Another process's write lock on the file, such as a shell's: the store's writer waits for its end.</summary>
public sealed class ForeignLock : IDisposable
{
    private readonly SqliteConnection _connection;

    public ForeignLock(string path)
    {
        _connection = new SqliteConnection($"Data Source={path};Pooling=False");
        _connection.Open();
        Execute("BEGIN IMMEDIATE");
    }

    public void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Keeps what it did.</summary>
    public void Commit() => Execute("COMMIT");

    public void Dispose() => _connection.Dispose();
}
