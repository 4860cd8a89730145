using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using OrleansSync.Chaos.Checking;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Servers;

/// <summary>Reads the server's SQLite file by plain SQL, past the store's own code.</summary>
internal static class SqliteScopes
{
    public static async Task<IReadOnlyDictionary<string, ServerScope>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var builder = new ServerScopeBuilder();
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var snapshot = connection.BeginTransaction(deferred: true);
        await ScanAsync(
            snapshot, "SELECT id, scope, head, horizon FROM scopes", row => builder.AddScope(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3)), cancellationToken);
        await ScanAsync(
            snapshot,
            """
            SELECT o.scope, o.op_id, d.device, o.counter, o.type, o.id, o.kind, o.outcome, o.reason, o.seq, o.content_hash
            FROM operations o LEFT JOIN devices d ON d.scope = o.scope AND d.number = o.device
            """,
            row => builder.AddJournal(row.GetInt64(0), new JournalRow(
                Id(row, 1), Id(row, 2), row.GetInt64(3), new EntityKey(row.GetString(4), row.GetString(5)), (OperationKind)row.GetInt32(6),
                (OutcomeKind)row.GetInt32(7), (RejectionReason)row.GetInt32(8), row.GetInt64(9), Number(row, 10))),
            cancellationToken);
        await ScanAsync(
            snapshot,
            "SELECT scope, type, id, seq, fields, stamps FROM entities",
            row => builder.AddRow(
                row.GetInt64(0), new EntityKey(row.GetString(1), row.GetString(2)), row.GetInt64(3), row.GetString(4), row.GetFieldValue<byte[]>(5)),
            cancellationToken);
        await ScanAsync(
            snapshot, "SELECT scope, type, digest FROM digests",
            row => builder.AddDigest(row.GetInt64(0), row.GetString(1), Number(row, 2)), cancellationToken);
        return builder.Build();
    }

    private static async Task ScanAsync(SqliteTransaction snapshot, string sql, Action<SqliteDataReader> visit, CancellationToken cancellationToken)
    {
        await using var command = snapshot.Connection!.CreateCommand();
#pragma warning disable CA2100 // The statements are the constants above.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = snapshot;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) visit(reader);
    }

    private static Guid Id(SqliteDataReader row, int column) => new(row.GetFieldValue<byte[]>(column), bigEndian: true);

    private static UInt128 Number(SqliteDataReader row, int column) => BinaryPrimitives.ReadUInt128BigEndian(row.GetFieldValue<byte[]>(column));
}
