using Npgsql;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Postgres.Reading;

/// <summary>Reads dead letters, and what the journal says of one operation.</summary>
internal static class Letters
{
    private const string Columns = "operation, reason, message, seq, at";

    private const string Page =
        $"SELECT {Columns} FROM dead_letters WHERE scope = $1 AND (seq, op_id) < ($2, $3) ORDER BY seq DESC, op_id DESC LIMIT $4";

    private const string One = $"SELECT {Columns} FROM dead_letters WHERE scope = $1 AND op_id = $2";

    private const string CommittedAt = "SELECT at FROM operations WHERE scope = $1 AND op_id = $2";

    // Above every id.
    private static readonly Guid Last = new("ffffffff-ffff-ffff-ffff-ffffffffffff");

    public static async Task<IReadOnlyList<DeadLetter>> ListAsync(
        NpgsqlConnection connection, long scope, DeadLetterQuery query, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Page, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = scope });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = query.Before?.Sequence ?? long.MaxValue });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = query.Before?.Operation.Value ?? Last });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = query.MaxLetters });
        return await ReadAsync(command, cancellationToken);
    }

    public static async Task<DeadLetter?> FindAsync(
        NpgsqlConnection connection, long scope, OperationId operation, CancellationToken cancellationToken)
    {
        await using var command = Of(connection, One, scope, operation);
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>Milliseconds since 1970 UTC; <c>null</c>: the journal does not have it.</summary>
    public static async Task<long?> CommittedAtAsync(
        NpgsqlConnection connection, long scope, OperationId operation, CancellationToken cancellationToken)
    {
        await using var command = Of(connection, CommittedAt, scope, operation);
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime at ? new DateTimeOffset(at).ToUnixTimeMilliseconds() : null;
    }

    private static NpgsqlCommand Of(NpgsqlConnection connection, string sql, long scope, OperationId operation)
    {
#pragma warning disable CA2100 // Constants.
        var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = scope });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = operation.Value });
        return command;
    }

    private static async Task<List<DeadLetter>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<DeadLetter>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(new DeadLetter(
                OperationEncoding.Decode(reader.GetFieldValue<byte[]>(0)),
                (RejectionReason)reader.GetInt16(1),
                await reader.IsDBNullAsync(2, cancellationToken) ? null : reader.GetString(2),
                reader.GetInt64(3),
                reader.GetInt64(4)));
        }

        return found;
    }
}
