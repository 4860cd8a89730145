using Npgsql;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using static OrleansSync.Storage.Postgres.Writing.Commands;

namespace OrleansSync.Storage.Postgres.Writing;

/// <summary>
/// Removes what a scope need not keep: in one transaction that begins with the scope's lock and, where something goes, raises its epoch
/// and its horizon.
/// </summary>
internal static class Purger
{
    private const string Tombstones = "SELECT e.type, e.id FROM entities e WHERE e.scope = $1 AND e.deleted_at < $2 ORDER BY e.deleted_at";

    // Of each device the oldest entries are looked at, and no more: what is kept behind them is younger.
    private const string Operations =
        """
        SELECT o.op_id FROM devices d, LATERAL (
          SELECT op_id, counter, at FROM operations WHERE scope = $1 AND device = d.number ORDER BY seq LIMIT $3) AS o
        WHERE d.scope = $1 AND o.at < to_timestamp($2 / 1000.0) AND (d.revoked OR d.device = $4 OR o.counter < d.done_below)
        """;

    // As with the journal: the oldest are looked at, and no more.
    private const string DeadLetters =
        "SELECT l.op_id FROM (SELECT op_id, at FROM dead_letters WHERE scope = $1 ORDER BY seq, op_id LIMIT $3) AS l WHERE l.at < $2";

    private const string AnyDeadLetter = $"SELECT EXISTS ({DeadLetters})";

    public const string RemoveDeadLetters = $"DELETE FROM dead_letters d USING ({DeadLetters}) AS due WHERE d.scope = $1 AND d.op_id = due.op_id";

    private const string AnyTombstone = $"SELECT EXISTS ({Tombstones})";

    private const string AnyOperation = $"SELECT EXISTS ({Operations})";

    public const string RemoveTombstones =
        $"""
        WITH due AS MATERIALIZED ({Tombstones} LIMIT $3),
        gone AS (DELETE FROM entities e USING due WHERE e.scope = $1 AND e.type = due.type AND e.id = due.id RETURNING e.seq),
        raised AS (
          UPDATE scopes s SET horizon = greatest(s.horizon, g.seq) FROM (SELECT max(seq) AS seq FROM gone) AS g WHERE s.id = $1 AND g.seq > 0)
        SELECT count(*) FROM gone
        """;

    public const string RemoveOperations =
        $"""
        WITH due AS MATERIALIZED ({Operations} LIMIT $3)
        DELETE FROM operations o USING due WHERE o.scope = $1 AND o.op_id = due.op_id
        """;

    public static async Task<PurgeResult> RunAsync(NpgsqlConnection connection, PurgeRequest request)
    {
        if (await ScalarAsync<long?>(connection, "SELECT id FROM scopes WHERE scope = $1", Text(request.Scope.Value)) is not { } scope) return default;
        // Most scopes have nothing to remove: they are not locked, and commits of theirs under way are not delayed.
        var any = await ScalarAsync<bool>(connection, AnyTombstone, Bigint(scope), Bigint(request.DeletedBefore))
            || await ScalarAsync<bool>(connection, AnyOperation, Bigint(scope), Bigint(request.JournaledBefore), Bigint(request.MaxRows), Backend())
            || await ScalarAsync<bool>(connection, AnyDeadLetter, Bigint(scope), Bigint(request.DeadLettersBefore), Bigint(request.MaxRows));
        var (tombstones, operations, letters) = any ? await RemoveAsync(connection, scope, request) : default;
        var left = await ScalarAsync<long>(
            connection, "SELECT count(*) FROM entities WHERE scope = $1 AND deleted_at IS NOT NULL", Bigint(scope));
        return new PurgeResult(tombstones, operations, left, letters);
    }

    private static async Task<(int Tombstones, int Operations, int DeadLetters)> RemoveAsync(NpgsqlConnection connection, long scope, PurgeRequest request)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        // The statements after it see whatever was committed before the lock was got.
        await ExecuteAsync(connection, "UPDATE scopes SET epoch = epoch + 1 WHERE id = $1", Bigint(scope));
        var tombstones = (int)await ScalarAsync<long>(
            connection, RemoveTombstones, Bigint(scope), Bigint(request.DeletedBefore), Bigint(request.MaxRows));
        var operations = await ExecuteAsync(
            connection, RemoveOperations, Bigint(scope), Bigint(request.JournaledBefore), Bigint(request.MaxRows), Backend());
        var letters = await ExecuteAsync(
            connection, RemoveDeadLetters, Bigint(scope), Bigint(request.DeadLettersBefore), Bigint(request.MaxRows));
        await transaction.CommitAsync();
        return (tombstones, operations, letters);
    }

    private static NpgsqlParameter<Guid> Backend() => Uuid(DeviceId.Backend.Value);
}
