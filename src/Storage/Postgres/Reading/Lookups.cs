using Npgsql;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Postgres.Reading;

/// <summary>
/// Reads by key. <c>OFFSET 0</c> keeps each lookup a lookup: as a join the planner may turn it round and read a whole table for
/// the few keys, where the plan was made when the table was small.
/// </summary>
internal static class Lookups
{
    private const string Rows =
        """
        SELECT e.seq, k.type, k.id, e.fields, e.stamps FROM unnest($2::text[], $3::text[]) AS k(type, id),
          LATERAL (SELECT seq, fields, stamps FROM entities WHERE scope = $1 AND type = k.type AND id = k.id OFFSET 0) AS e
        """;

    private const string OfType =
        "SELECT seq, type, id, fields, stamps FROM entities WHERE scope = $1 AND type = $2 AND deleted_at IS NULL ORDER BY id LIMIT $3";

    private const string Operations =
        """
        SELECT o.op_id, d.device, o.counter, o.type, o.id, o.kind, o.outcome, o.reason, o.seq, o.content_hash
        FROM unnest($2::uuid[]) AS k(op_id),
          LATERAL (SELECT * FROM operations WHERE scope = $1 AND op_id = k.op_id OFFSET 0) AS o,
          LATERAL (SELECT device FROM devices WHERE scope = $1 AND number = o.device OFFSET 0) AS d
        """;

    public static async Task<ScopeState?> ScopeAsync(NpgsqlConnection connection, ScopeId scope, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT " + Tables.ScopeColumns + " FROM scopes WHERE scope = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = scope.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Tables.ReadScope(reader) : null;
    }

    public static async Task<IReadOnlyList<ScopeId>> ScopesAsync(
        NpgsqlConnection connection, ScopeId? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT scope FROM scopes WHERE scope > $1 ORDER BY scope LIMIT $2", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after?.Value ?? "" });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var scopes = new List<ScopeId>();
        while (await reader.ReadAsync(cancellationToken)) scopes.Add(new ScopeId(reader.GetString(0)));
        return scopes;
    }

    public static async Task<IReadOnlyList<DeviceRecord>> DevicesAsync(
        NpgsqlConnection connection, ScopeId scope, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Tables.DevicesOfScope, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = scope.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await Tables.ReadDevicesAsync(reader, cancellationToken);
    }

    public static async Task<IReadOnlyList<EntityRow>> RowsAsync(
        NpgsqlConnection connection, long scope, EntityKey[] keys, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Rows, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = scope });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(static key => key.Type)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(static key => key.Id)] });
        return await RowsAsync(command, cancellationToken);
    }

    public static async Task<IReadOnlyList<EntityRow>> OfTypeAsync(
        NpgsqlConnection connection, long scope, string type, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(OfType, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = scope });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = type });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await RowsAsync(command, cancellationToken);
    }

    private static async Task<IReadOnlyList<EntityRow>> RowsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<EntityRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var key = new EntityKey(reader.GetString(1), reader.GetString(2));
            rows.Add(RowEncoding.Decode(key, reader.GetInt64(0), reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4)));
        }

        return rows;
    }

    public static async Task<IReadOnlyList<JournalEntry>> OperationsAsync(
        NpgsqlConnection connection, long scope, Guid[] operations, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Operations, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = scope });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = operations });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<JournalEntry>(operations.Length);
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(new JournalEntry(
                new OperationId(reader.GetGuid(0)),
                new DeviceId(reader.GetGuid(1)),
                reader.GetInt64(2),
                new EntityKey(reader.GetString(3), reader.GetString(4)),
                (OperationKind)reader.GetInt16(5),
                (OutcomeKind)reader.GetInt16(6),
                (RejectionReason)reader.GetInt16(7),
                reader.GetInt64(8),
                Tables.BigEndian(reader, 9)));
        }

        return found;
    }
}
