using System.Collections.Immutable;
using System.Data;
using System.Text;
using Npgsql;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Postgres.Reading;

/// <summary>
/// Reads a page in one snapshot: where the scope stands and the rows in one round trip, outcomes and digests in a second.
/// The database cuts the rows by their stored sizes, so that a page of large documents is not sent a thousand times over.
/// </summary>
internal static class PageReader
{
    // What a stored size may be above the real one: the length words of two columns.
    private const int SizeSlack = 8;

    private const string Scope =
        "SELECT " + Tables.ScopeColumns + ", (SELECT d.number FROM devices d WHERE d.scope = s.id AND d.device = $2) FROM scopes s WHERE s.id = $1";

    // A row is sent when the page may reach the one before it: the page then sees that it is not the last.
    // IS TRUE keeps the types from being taken for an index condition: the planner might take the key (scope, type, id) and sort.
    private const string Rows =
        """
        SELECT seq, type, id, fields, stamps FROM (
          SELECT seq, type, id, fields, stamps, sum(pg_column_size(fields) + pg_column_size(stamps)) OVER (
            ORDER BY seq, type, id ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING) AS before
          FROM (
            SELECT seq, type, id, fields, stamps FROM entities
            WHERE scope = $1 AND (seq, type, id) > ($2, $3, $4)
              AND (deleted_at IS NULL OR seq > coalesce($5, (SELECT head FROM scopes WHERE id = $1)))
              AND (type = ANY($6) OR cardinality($6) = 0) IS TRUE
            ORDER BY seq, type, id LIMIT $7) AS page) AS sized
        WHERE coalesce(before, 0) < $8 ORDER BY seq, type, id
        """;

    // Whole sequences around the limit, and one outcome of the next: enough to see where the page ends.
    private const string Outcomes =
        """
        WITH cut AS MATERIALIZED (
          SELECT max(seq) AS seq FROM (
            SELECT seq FROM operations WHERE scope = $1 AND device = $2 AND seq > $3 AND seq <= $4 ORDER BY seq LIMIT $5) AS page)
        (SELECT op_id, outcome, seq, reason FROM operations
          WHERE scope = $1 AND device = $2 AND seq > $3 AND seq <= (SELECT seq FROM cut))
        UNION ALL
        (SELECT op_id, outcome, seq, reason FROM operations
          WHERE scope = $1 AND device = $2 AND seq > (SELECT seq FROM cut) AND seq <= $4 ORDER BY seq LIMIT 1)
        """;

    /// <summary><c>null</c>: there is no scope of this number.</summary>
    public static async Task<ChangePage?> ReadAsync(
        NpgsqlConnection connection, long scope, ChangeQuery query, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        if (await ReadRowsAsync(connection, scope, query, cancellationToken) is not var (state, device, rows)) return null;
        var taken = ChangePageAssembly.TakeRows(query, state, rows);
        var (outcomes, digests) = await ReadOutcomesAsync(connection, scope, device, query, taken, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ChangePageAssembly.Assemble(query, state, taken, outcomes, () => digests);
    }

    private static async Task<(ScopeState State, int? Device, List<SizedRow> Rows)?> ReadRowsAsync(
        NpgsqlConnection connection, long scope, ChangeQuery query, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { new NpgsqlBatchCommand(Scope), new NpgsqlBatchCommand(Rows) },
        };
        var first = batch.BatchCommands[0].Parameters;
        first.Add(new NpgsqlParameter<long> { TypedValue = scope });
        first.Add(new NpgsqlParameter<Guid> { TypedValue = query.Device?.Value ?? Guid.Empty });
        var second = batch.BatchCommands[1].Parameters;
        second.Add(new NpgsqlParameter<long> { TypedValue = scope });
        second.Add(new NpgsqlParameter<long> { TypedValue = query.After.Sequence });
        second.Add(new NpgsqlParameter<string> { TypedValue = query.After.Type });
        second.Add(new NpgsqlParameter<string> { TypedValue = query.After.Id });
        second.Add(new NpgsqlParameter<long?> { TypedValue = query.SkipTombstonesThrough });
        second.Add(new NpgsqlParameter<string[]> { TypedValue = [.. query.Types] });
        second.Add(new NpgsqlParameter<int> { TypedValue = query.MaxRows + 1 });
        second.Add(new NpgsqlParameter<long> { TypedValue = query.MaxBytes + SizeSlack * (query.MaxRows + 1L) });

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;
        var state = Tables.ReadScope(reader);
        int? device = await reader.IsDBNullAsync(9, cancellationToken) ? null : reader.GetInt32(9);
        await reader.NextResultAsync(cancellationToken);
        var rows = new List<SizedRow>();
        while (await reader.ReadAsync(cancellationToken)) rows.Add(ReadRow(reader));
        return (state, device, rows);
    }

    private static SizedRow ReadRow(NpgsqlDataReader reader)
    {
        var (type, id) = (reader.GetString(1), reader.GetString(2));
        var (fields, stamps) = (reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4));
        var size = Encoding.UTF8.GetByteCount(type) + Encoding.UTF8.GetByteCount(id) + fields.Length + stamps.Length;
        return new SizedRow(new StoredRow(type, id, reader.GetInt64(0), fields, stamps), size);
    }

    private static async Task<(IEnumerable<Outcome> Outcomes, ImmutableArray<TypeDigest> Digests)> ReadOutcomesAsync(
        NpgsqlConnection connection, long scope, int? device, ChangeQuery query, PageRows rows, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(Outcomes),
                new NpgsqlBatchCommand("SELECT type, digest, live FROM digests WHERE scope = $1 AND $2 ORDER BY type"),
            },
        };
        var first = batch.BatchCommands[0].Parameters;
        first.Add(new NpgsqlParameter<long> { TypedValue = scope });
        first.Add(new NpgsqlParameter<int> { TypedValue = device ?? 0 });
        first.Add(new NpgsqlParameter<long> { TypedValue = query.OutcomesAfter });
        first.Add(new NpgsqlParameter<long> { TypedValue = rows.OutcomesThrough });
        first.Add(new NpgsqlParameter<int> { TypedValue = query.MaxOutcomes + 1 });
        var second = batch.BatchCommands[1].Parameters;
        second.Add(new NpgsqlParameter<long> { TypedValue = scope });
        second.Add(new NpgsqlParameter<bool> { TypedValue = rows.ReachesHead });

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var outcomes = new List<Outcome>();
        while (await reader.ReadAsync(cancellationToken))
        {
            outcomes.Add(new Outcome(
                new OperationId(reader.GetGuid(0)), (OutcomeKind)reader.GetInt16(1), reader.GetInt64(2), (RejectionReason)reader.GetInt16(3)));
        }

        await reader.NextResultAsync(cancellationToken);
        return (outcomes.OrderBy(static outcome => outcome.Sequence), await Tables.ReadDigestsAsync(reader, cancellationToken));
    }
}
