using System.Collections.Immutable;
using Npgsql;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Postgres.Reading;

/// <summary>
/// Reads a page in one snapshot and, but for devices with very many outcomes, one round trip.
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

    // The first ones, wherever the page may end: that the rows decide, which are read at the same time.
    private const string FirstOutcomes =
        """
        SELECT op_id, outcome, seq, reason FROM operations
        WHERE scope = $1 AND device = (SELECT number FROM devices WHERE scope = $1 AND device = $2) AND seq > $3 ORDER BY seq LIMIT $4
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

    private const string Digests = "SELECT type, digest, live FROM digests WHERE scope = $1 ORDER BY type";

    /// <summary><c>null</c>: there is no scope of this number.</summary>
    public static async Task<ChangePage?> ReadAsync(
        NpgsqlConnection connection, long scope, ChangeQuery query, CancellationToken cancellationToken)
    {
        using var rows = new PageRows(query);
        if (await ReadAtOnceAsync(connection, scope, query, rows, cancellationToken) is not var (state, device, outcomes, digests)) return null;
        var through = rows.OutcomesThrough(state);
        // The journal grows above the head alone, and what the purge takes of it the device has said to have: a later snapshot will do.
        if (outcomes.Count == MostAtOnce(query) && outcomes[^1].Sequence <= through)
            outcomes = await ReadOutcomesAsync(connection, scope, device, query, through, cancellationToken);
        return ChangePageAssembly.Assemble(query, state, rows, outcomes, () => digests);
    }

    // Behind most rows of a page is one operation, so these are more than it wants. Where they are not, they are asked for once the rows are known.
    private static int MostAtOnce(ChangeQuery query) => Math.Min(query.MaxOutcomes, query.MaxRows + query.MaxRows / 4) + 1;

    private static async Task<(ScopeState State, int Device, List<Outcome> Outcomes, ImmutableArray<TypeDigest> Digests)?> ReadAtOnceAsync(
        NpgsqlConnection connection, long scope, ChangeQuery query, PageRows rows, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // As texts: beginning and ending it by calls would take a round trip more.
                new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
                ScopeCommand(scope, query),
                RowsCommand(scope, query),
                new NpgsqlBatchCommand(FirstOutcomes)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<long> { TypedValue = scope },
                        new NpgsqlParameter<Guid> { TypedValue = query.Device?.Value ?? Guid.Empty },
                        new NpgsqlParameter<long> { TypedValue = query.OutcomesAfter },
                        new NpgsqlParameter<int> { TypedValue = MostAtOnce(query) },
                    },
                },
                new NpgsqlBatchCommand(Digests) { Parameters = { new NpgsqlParameter<long> { TypedValue = scope } } },
                new NpgsqlBatchCommand("COMMIT"),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;
        var state = Tables.ReadScope(reader);
        var device = await reader.IsDBNullAsync(9, cancellationToken) ? 0 : reader.GetInt32(9);
        await reader.NextResultAsync(cancellationToken);
        await ReadRowsAsync(reader, rows, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var outcomes = await ReadOutcomesAsync(reader, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return (state, device, outcomes, await Tables.ReadDigestsAsync(reader, cancellationToken));
    }

    /// <summary>By where the rows end: of a device that has many more of them than a page has rows.</summary>
    private static async Task<List<Outcome>> ReadOutcomesAsync(
        NpgsqlConnection connection, long scope, int device, ChangeQuery query, long through, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Outcomes, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<long> { TypedValue = scope },
                new NpgsqlParameter<int> { TypedValue = device },
                new NpgsqlParameter<long> { TypedValue = query.OutcomesAfter },
                new NpgsqlParameter<long> { TypedValue = through },
                new NpgsqlParameter<int> { TypedValue = query.MaxOutcomes + 1 },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return [.. (await ReadOutcomesAsync(reader, cancellationToken)).OrderBy(static outcome => outcome.Sequence)];
    }

    private static NpgsqlBatchCommand ScopeCommand(long scope, ChangeQuery query) => new(Scope)
    {
        Parameters =
        {
            new NpgsqlParameter<long> { TypedValue = scope },
            new NpgsqlParameter<Guid> { TypedValue = query.Device?.Value ?? Guid.Empty },
        },
    };

    private static NpgsqlBatchCommand RowsCommand(long scope, ChangeQuery query) => new(Rows)
    {
        Parameters =
        {
            new NpgsqlParameter<long> { TypedValue = scope },
            new NpgsqlParameter<long> { TypedValue = query.After.Sequence },
            new NpgsqlParameter<string> { TypedValue = query.After.Type },
            new NpgsqlParameter<string> { TypedValue = query.After.Id },
            new NpgsqlParameter<long?> { TypedValue = query.SkipTombstonesThrough },
            new NpgsqlParameter<string[]> { TypedValue = [.. query.Types] },
            new NpgsqlParameter<int> { TypedValue = query.MaxRows + 1 },
            new NpgsqlParameter<long> { TypedValue = query.MaxBytes + SizeSlack * (query.MaxRows + 1L) },
        },
    };

    private static async Task ReadRowsAsync(NpgsqlDataReader reader, PageRows rows, CancellationToken cancellationToken)
    {
        using var columns = new ColumnBuffer();
        var wanted = true;
        while (await reader.ReadAsync(cancellationToken)) wanted = wanted && TryAdd(reader, rows, columns);
    }

    private static bool TryAdd(NpgsqlDataReader reader, PageRows rows, ColumnBuffer columns)
    {
        columns.Clear();
        var (type, id, fields, stamps) = (columns.Read(reader, 1), columns.Read(reader, 2), columns.Read(reader, 3), columns.Read(reader, 4));
        return rows.TryAdd(new(reader.GetInt64(0), columns.Of(type), columns.Of(id), columns.Of(fields), columns.Of(stamps)));
    }

    private static async Task<List<Outcome>> ReadOutcomesAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var outcomes = new List<Outcome>();
        while (await reader.ReadAsync(cancellationToken))
        {
            outcomes.Add(new Outcome(
                new OperationId(reader.GetGuid(0)), (OutcomeKind)reader.GetInt16(1), reader.GetInt64(2), (RejectionReason)reader.GetInt16(3)));
        }

        return outcomes;
    }
}
