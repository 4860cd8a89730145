using System.Buffers.Binary;
using System.Data;
using Npgsql;
using OrleansSync.Chaos.Checking;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Servers;

/// <summary>Reads the server's PostgreSQL tables by plain SQL, past the store's own code.</summary>
internal static class PostgresScopes
{
    public static async Task<IReadOnlyDictionary<string, ServerScope>> ReadAsync(string connectionString, CancellationToken cancellationToken)
    {
        var builder = new ServerScopeBuilder();
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await ScanAsync(
            connection, "SELECT id, scope, head, horizon FROM scopes",
            row => builder.AddScope(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3)), cancellationToken);
        await ScanAsync(
            connection,
            """
            SELECT o.scope, o.op_id, d.device, o.counter, o.type, o.id, o.kind, o.outcome, o.reason, o.seq, o.content_hash
            FROM operations o LEFT JOIN devices d ON d.scope = o.scope AND d.number = o.device
            """,
            row => builder.AddJournal(row.GetInt64(0), new JournalRow(
                row.GetGuid(1), row.GetGuid(2), row.GetInt64(3), new EntityKey(row.GetString(4), row.GetString(5)), (OperationKind)row.GetInt16(6),
                (OutcomeKind)row.GetInt16(7), (RejectionReason)row.GetInt16(8), row.GetInt64(9), Number(row, 10))),
            cancellationToken);
        await ScanAsync(
            connection,
            "SELECT scope, type, id, seq, fields::text, stamps FROM entities",
            row => builder.AddRow(
                row.GetInt64(0), new EntityKey(row.GetString(1), row.GetString(2)), row.GetInt64(3), row.GetString(4), row.GetFieldValue<byte[]>(5)),
            cancellationToken);
        await ScanAsync(
            connection, "SELECT scope, type, digest FROM digests",
            row => builder.AddDigest(row.GetInt64(0), row.GetString(1), Number(row, 2)), cancellationToken);
        return builder.Build();
    }

    private static async Task ScanAsync(NpgsqlConnection connection, string sql, Action<NpgsqlDataReader> visit, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // The statements are the constants above.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) visit(reader);
    }

    private static UInt128 Number(NpgsqlDataReader row, int column) => BinaryPrimitives.ReadUInt128BigEndian(row.GetFieldValue<byte[]>(column));
}
