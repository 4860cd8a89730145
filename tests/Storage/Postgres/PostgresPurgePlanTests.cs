using Npgsql;
using OrleansSync.Core;
using OrleansSync.Storage.Postgres;
using OrleansSync.Storage.Postgres.Writing;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Postgres;

/// <summary>
/// What a purge costs goes by what it removes and not by what its scope has, statistics or none: it holds the scope's lock, and commits
/// wait for it.
/// </summary>
public sealed class PostgresPurgePlanTests : IAsyncLifetime
{
    private PostgresFolder _folder = null!;

    public async Task InitializeAsync() => _folder = await PostgresFolder.CreateAsync();

    public async Task DisposeAsync()
    {
        await _folder.DisposeAsync();
        Assert.Empty(_folder.Complaints);
    }

    [Theory]
    [InlineData(Purger.RemoveTombstones, "", "(scope = $1) AND (type = due.type) AND (id = due.id)", false)]
    [InlineData(Purger.RemoveTombstones, "", "(scope = $1) AND (type = due.type) AND (id = due.id)", true)]
    [InlineData(Purger.RemoveOperations, ", uuid", "(scope = $1) AND (op_id = due.op_id)", false)]
    [InlineData(Purger.RemoveOperations, ", uuid", "(scope = $1) AND (op_id = due.op_id)", true)]
    [InlineData(Purger.RemoveDeadLetters, "", "(scope = $1) AND (op_id = l.op_id)", false)]
    [InlineData(Purger.RemoveDeadLetters, "", "(scope = $1) AND (op_id = l.op_id)", true)]
    public async Task A_purge_finds_what_it_removes_by_its_key(string statement, string backend, string lookup, bool isAnalyzed)
    {
        await using (var store = _folder.Open())
        {
            await Owner.ClaimAsync(store, ScopeId.ForUser("ada"));
        }

        await FillAsync(isAnalyzed);
        var plan = await PlanAsync($"PREPARE purge (bigint, bigint, bigint{backend}) AS {statement}", backend.Length == 0 ? "" : ", NULL");

        Assert.Contains($"Index Cond: ({lookup})", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Hash", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Merge Join", plan, StringComparison.Ordinal);
    }

    private async Task FillAsync(bool isAnalyzed)
    {
        await using var foreign = await ForeignTransaction.BeginAsync(_folder);
        await foreign.ExecuteAsync(
            """
            INSERT INTO entities SELECT s.id, 'notes', md5(i::text), i, 1, CASE WHEN i % 10 = 0 THEN i END, '{}', '\x00'
            FROM scopes s, generate_series(1, 20000) i;
            INSERT INTO operations SELECT s.id, gen_random_uuid(), 1, i, 'notes', md5(i::text), 1, 1, 0, i, '\x00', to_timestamp(i)
            FROM scopes s, generate_series(1, 20000) i;
            INSERT INTO dead_letters SELECT s.id, gen_random_uuid(), 1, i, 'notes', 'n', 1, 1, NULL, i, i, '\x00'
            FROM scopes s, generate_series(1, 20000) i;
            COMMIT
            """);
        if (isAnalyzed) await foreign.ExecuteAsync("ANALYZE");
    }

    // As the store plans it: over one of its connections.
    private async Task<string> PlanAsync(string prepare, string backend)
    {
        await using var connections = new Connections(_folder.Options);
        await using var connection = await connections.OpenAsync(default);
        await ExecuteAsync(connection, prepare);
        var lines = await ExecuteAsync(connection, $"EXPLAIN (COSTS OFF) EXECUTE purge (1, 0, 1000{backend})");
        return string.Join('\n', lines);
    }

    private static async Task<List<string>> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // Constants.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync()) lines.Add(reader.GetString(0));
        return lines;
    }
}
