using System.Collections.Immutable;
using Npgsql;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Postgres.Reading;
using static OrleansSync.Storage.Postgres.Writing.Commands;

namespace OrleansSync.Storage.Postgres.Writing;

/// <summary>The writes that are not commits. Each is one transaction that waits for the scope's lock.</summary>
internal static class ScopeWrites
{
    private const string AddScope =
        """
        INSERT INTO scopes (scope, epoch, head, last_commit, clock, lineage, horizon, lost_through)
        SELECT $1, 0, r.through, '00000000-0000-0000-0000-000000000000', 0, $2, 0, r.through
        FROM (SELECT coalesce(max(through), 0) AS through FROM restores) AS r ON CONFLICT (scope) DO NOTHING
        """;

    private static readonly string BeginLineages = FormattableString.Invariant(
        $"""
        WITH begun AS (
          UPDATE scopes SET epoch = epoch + {Lineages.Epochs}, lineage = gen_random_uuid(), head = greatest($2, head + 1), lost_through = greatest($2, head + 1),
            lost_after = CASE WHEN head = lost_through OR (lost_through > 0 AND lost_through > $2 - {Lineages.Together}) THEN lost_after ELSE head END
          WHERE scope = ANY($1) RETURNING id),
        forgotten AS (UPDATE devices d SET proved = '', pending = '' FROM begun b WHERE d.scope = b.id)
        SELECT count(*) FROM begun
        """);

    private const string RaiseEpoch = "UPDATE scopes SET epoch = epoch + 1 WHERE scope = $1 RETURNING " + Tables.ScopeColumns;

    private const string AddDevice =
        """
        WITH locked AS MATERIALIZED (SELECT id FROM scopes WHERE scope = $1 FOR NO KEY UPDATE)
        INSERT INTO devices (scope, device, number, counter, done_below, proved, pending, registered_at, revoked)
        SELECT l.id, $2, coalesce((SELECT max(d.number) FROM devices d WHERE d.scope = l.id), 0) + 1, 0, 0, $3, $4, $5, false
        FROM locked l ON CONFLICT (scope, device) DO NOTHING
        """;

    // Both in the WHERE again after the row's lock was waited for, so that of two that expect the same session one wins.
    private const string ReplaceSession =
        """
        UPDATE devices SET proved = $5, pending = $6, done_below = greatest(done_below, $7)
        WHERE scope = (SELECT id FROM scopes WHERE scope = $1) AND device = $2 AND proved = $3 AND pending = $4 AND NOT revoked
        """;

    private const string RevokeDevice =
        """
        WITH raised AS (
          UPDATE scopes s SET epoch = epoch + 1
          WHERE s.scope = $1 AND EXISTS (SELECT FROM devices d WHERE d.scope = s.id AND d.device = $2) RETURNING s.id)
        UPDATE devices d SET revoked = true FROM raised r WHERE d.scope = r.id AND d.device = $2
        """;

    private const string MendDigest =
        """
        WITH raised AS (UPDATE scopes SET epoch = epoch + 1 WHERE scope = $1 AND head = $2 RETURNING id)
        INSERT INTO digests (scope, type, digest, live) SELECT id, $3, $4, $5 FROM raised
        ON CONFLICT (scope, type) DO UPDATE SET digest = excluded.digest, live = excluded.live
        """;

    // Rows and journal stay as they are: no owner need claim anew.
    private const string RemoveDeadLetter = "DELETE FROM dead_letters WHERE scope = (SELECT id FROM scopes WHERE scope = $1) AND op_id = $2";

    /// <summary>
    /// The devices and digests are read by statements after the one that got the lock, each on a snapshot of its own: they see
    /// whatever the epochs before have committed.
    /// </summary>
    public static async Task<(long Number, ScopeClaim Claim)> ClaimAsync(NpgsqlConnection connection, ScopeId scope)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command(AddScope, Text(scope.Value), Uuid(Guid.NewGuid())),
                Command(RaiseEpoch, Text(scope.Value)),
                Command(Tables.DevicesOfScope, Text(scope.Value)),
                Command(Tables.DigestsOfScope, Text(scope.Value)),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync();
        // An INSERT without RETURNING has no result.
        await reader.ReadAsync();
        var (number, state) = (reader.GetInt64(0), Tables.ReadScope(reader));
        await reader.NextResultAsync();
        ImmutableArray<DeviceRecord> devices = [.. await Tables.ReadDevicesAsync(reader, CancellationToken.None)];
        await reader.NextResultAsync();
        var digests = await Tables.ReadDigestsAsync(reader, CancellationToken.None);
        await reader.NextResultAsync();
        return (number, new ScopeClaim(state, devices, digests));
    }

    public static async Task<DeviceRecord> RegisterAsync(
        NpgsqlConnection connection, ScopeId scope, DeviceId device, DeviceSession session, long registeredAt)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command(AddScope, Text(scope.Value), Uuid(Guid.NewGuid())),
                // On its own: a snapshot taken before the lock would count the devices from before it too.
                Command("SELECT FROM scopes WHERE scope = $1 FOR NO KEY UPDATE", Text(scope.Value)),
                Command(AddDevice, Text(scope.Value), Uuid(device.Value), Bytea(session.Proved), Bytea(session.Pending), Bigint(registeredAt)),
                Command(Tables.DevicesOfScope, Text(scope.Value)),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        var devices = await Tables.ReadDevicesAsync(reader, CancellationToken.None);
        await reader.NextResultAsync();
        return devices.Single(record => record.Device == device);
    }

    public static async Task<bool> UpdateSessionAsync(
        NpgsqlConnection connection, ScopeId scope, DeviceId device, DeviceSession expected, DeviceSession next, long doneBelow) =>
        await ExecuteAsync(
            connection, ReplaceSession, Text(scope.Value), Uuid(device.Value), Bytea(expected.Proved), Bytea(expected.Pending),
            Bytea(next.Proved), Bytea(next.Pending), Bigint(doneBelow)) == 1;

    public static async Task<bool> RevokeAsync(NpgsqlConnection connection, ScopeId scope, DeviceId device) =>
        await ExecuteAsync(connection, RevokeDevice, Text(scope.Value), Uuid(device.Value)) == 1;

    public static async Task<bool> MendDigestAsync(NpgsqlConnection connection, ScopeId scope, long head, TypeDigest digest) => await ExecuteAsync(
        connection, MendDigest, Text(scope.Value), Bigint(head), Text(digest.Type), Bytea([.. CommitArrays.BigEndian(digest.Digest)]), Bigint(digest.Rows)) == 1;

    public static async Task<bool> RemoveDeadLetterAsync(NpgsqlConnection connection, ScopeId scope, OperationId operation) =>
        await ExecuteAsync(connection, RemoveDeadLetter, Text(scope.Value), Uuid(operation.Value)) == 1;

    public static async Task<int> BeginLineagesAsync(NpgsqlConnection connection, IEnumerable<ScopeId> scopes, long through) =>
        (int)await ScalarAsync<long>(connection, BeginLineages, Texts(scopes.Select(static scope => scope.Value)), Bigint(through));

    public static Task MarkRestoredAsync(NpgsqlConnection connection, long through) =>
        ExecuteAsync(connection, "INSERT INTO restores (through) VALUES ($1) ON CONFLICT DO NOTHING", Bigint(through));

    private static NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        return command;
    }
}
