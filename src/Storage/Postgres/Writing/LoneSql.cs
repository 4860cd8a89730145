namespace OrleansSync.Storage.Postgres.Writing;

/// <summary>
/// The statement of a commit that nothing waits with: the rules and the answer of <see cref="CommitSql.Shared"/> without what tells commits
/// apart, and only with the parts that it has rows for. On the way of a single write the database takes half as long for it.
/// </summary>
/// <remarks>What is true of a statement for many is true of it: the lock, the snapshot, and that keys that are there already fail it.</remarks>
internal static class LoneSql
{
    // Behind those that all have: scope, journal, counters, digests.
    private const int FirstOfRows = 20;
    private const int BirthColumns = 6;

    private const string Locked =
        """
        WITH locked AS MATERIALIZED (
          SELECT s.id FROM scopes s WHERE s.id = $1 AND s.epoch = $2 AND s.head = $3 FOR NO KEY UPDATE SKIP LOCKED),
        """;

    private const string Granted =
        """

        granted AS MATERIALIZED (SELECT id FROM locked),
        """;

    private const string Births =
        """

        born AS (INSERT INTO entities (scope, type, id, seq, generation, deleted_at, fields, stamps)
          SELECT $1, r.type, r.id, $3 + 1, r.generation, r.deleted_at, r.fields, r.stamps
          FROM unnest($20::text[], $21::text[], $22::int[], $23::bigint[], $24::json[], $25::bytea[])
            AS r(type, id, generation, deleted_at, fields, stamps)
          WHERE EXISTS (SELECT FROM granted)),
        """;

    private const string Rest =
        """

        heads AS (UPDATE scopes s SET head = $3 + 1, last_commit = $4, clock = greatest(s.clock, $5)
          WHERE s.id = $1 AND EXISTS (SELECT FROM granted)),
        journal AS (INSERT INTO operations (scope, op_id, device, counter, type, id, kind, outcome, reason, seq, content_hash)
          SELECT $1, o.op_id, o.device, o.counter, o.type, o.id, o.kind, o.outcome, o.reason, $3 + 1, o.content_hash
          FROM unnest($6::uuid[], $7::int[], $8::bigint[], $9::text[], $10::text[], $11::smallint[], $12::smallint[], $13::smallint[], $14::bytea[])
            AS o(op_id, device, counter, type, id, kind, outcome, reason, content_hash)
          WHERE EXISTS (SELECT FROM granted)),
        counters AS (UPDATE devices d SET counter = greatest(d.counter, c.counter)
          FROM unnest($15::int[], $16::bigint[]) AS c(number, counter)
          WHERE d.scope = $1 AND d.number = c.number AND EXISTS (SELECT FROM granted)),
        totals AS (INSERT INTO digests (scope, type, digest, live)
          SELECT $1, t.type, t.digest, t.live FROM unnest($17::text[], $18::bytea[], $19::bigint[]) AS t(type, digest, live)
          WHERE EXISTS (SELECT FROM granted)
          ON CONFLICT (scope, type) DO UPDATE SET digest = excluded.digest, live = excluded.live)
        SELECT 1, CASE
          WHEN EXISTS (SELECT FROM granted) THEN 1
          WHEN EXISTS (SELECT FROM locked) THEN 2
          WHEN EXISTS (SELECT FROM scopes s WHERE s.id = $1 AND s.epoch = $2 AND s.head = $3) THEN 3
          ELSE 2 END
        """;

    private static readonly string Refusals = Locked + Granted + Rest;
    private static readonly string Creates = Locked + Granted + Births + Rest;
    private static readonly string Updates = Locked + ChangesFrom(FirstOfRows) + Rest;
    private static readonly string Both = Locked + ChangesFrom(FirstOfRows + BirthColumns) + Births + Rest;

    public static string For(PendingCommit commit) => (commit.Births > 0, commit.Births < commit.Rows.Length) switch
    {
        (true, true) => Both,
        (true, false) => Creates,
        (false, true) => Updates,
        _ => Refusals,
    };

    private static string ChangesFrom(int n) => FormattableString.Invariant(
        $"""

        bad AS MATERIALIZED (
          SELECT r.id FROM unnest(${n}::text[], ${n + 1}::text[], ${n + 2}::bigint[]) AS r(type, id, expected)
          WHERE coalesce((SELECT e.seq FROM entities e WHERE e.scope = $1 AND e.type = r.type AND e.id = r.id), 0) <> r.expected),
        granted AS MATERIALIZED (SELECT id FROM locked WHERE NOT EXISTS (SELECT FROM bad)),
        changed AS (INSERT INTO entities (scope, type, id, seq, generation, deleted_at, fields, stamps)
          SELECT $1, r.type, r.id, $3 + 1, r.generation, r.deleted_at, r.fields, r.stamps
          FROM unnest(${n}::text[], ${n + 1}::text[], ${n + 3}::int[], ${n + 4}::bigint[], ${n + 5}::json[], ${n + 6}::bytea[])
            AS r(type, id, generation, deleted_at, fields, stamps)
          WHERE EXISTS (SELECT FROM granted)
          ON CONFLICT (scope, type, id) DO UPDATE SET seq = excluded.seq, generation = excluded.generation,
            deleted_at = excluded.deleted_at, fields = excluded.fields, stamps = excluded.stamps),
        """);
}
