using Microsoft.Data.Sqlite;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Bench.Micro;

/// <summary>
/// The least that a durable local write with a log can be: the document in one table, the operation in another, one transaction
/// with prepared statements at the store's own journal mode and synchronous level.
/// </summary>
internal sealed class RawTables : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _entity;
    private readonly SqliteCommand _operation;

    public RawTables(string path, LocalDurability durability)
    {
        var operation = Samples.Create(0);
        var row = Samples.Row(0);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        Prepare("PRAGMA journal_mode = WAL").ExecuteNonQuery();
        Prepare(durability == LocalDurability.Full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL").ExecuteNonQuery();
        Prepare("CREATE TABLE entities(id TEXT PRIMARY KEY, fields TEXT NOT NULL, meta BLOB NOT NULL)").ExecuteNonQuery();
        Prepare("CREATE TABLE operations(rowid INTEGER PRIMARY KEY, id TEXT NOT NULL, payload BLOB NOT NULL)").ExecuteNonQuery();
        _entity = Prepare(
            "INSERT INTO entities(id, fields, meta) VALUES ($1, $2, $3)",
            "",
            System.Text.Encoding.UTF8.GetString(RowEncoding.EncodeDocument(row)),
            RowEncoding.EncodeMeta(row));
        _operation = Prepare("INSERT INTO operations(id, payload) VALUES ($1, $2)", "", OperationEncoding.Encode(operation));
    }

    public void Write(string id)
    {
        using var transaction = _connection.BeginTransaction();
        Run(_entity);
        Run(_operation);
        transaction.Commit();

        void Run(SqliteCommand insert)
        {
            insert.Transaction = transaction;
            insert.Parameters[0].Value = id;
            insert.ExecuteNonQuery();
        }
    }

    public long Count(string table)
    {
        using var command = Prepare($"SELECT COUNT(*) FROM {table}");
        return (long)command.ExecuteScalar()!;
    }

    public void Dispose()
    {
        _entity.Dispose();
        _operation.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<object> values)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // No statement comes from outside.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"${i + 1}", values[i]);
        return command;
    }
}
