namespace OrleansSync.Storage.Postgres.Writing;

/// <summary>
/// The statement of a commit of one operation that nothing waits with: the rules and the answer of <see cref="CommitSql.Shared"/> without
/// arrays, and with each value once.
/// </summary>
/// <remarks>What is true of a statement for many is true of it: the lock, the snapshot, and that keys that are there already fail it.</remarks>
internal static class SingleSql
{
    private const string Locked =
        """
        WITH locked AS MATERIALIZED (
          SELECT s.id FROM scopes s WHERE s.id = $1 AND s.epoch = $2 AND s.head = $3 FOR NO KEY UPDATE SKIP LOCKED),
        granted AS MATERIALIZED (SELECT id FROM locked
        """;

    private const string IfExpected =
        " WHERE coalesce((SELECT e.seq FROM entities e WHERE e.scope = $1 AND e.type = $6 AND e.id = $7), 0) = $22";

    private const string Row =
        """
        ),
        stored AS (INSERT INTO entities (scope, type, id, seq, generation, deleted_at, fields, stamps)
          SELECT $1, $6, $7, $3 + 1, $8, $9, $10, $11 FROM granted
        """;

    private const string OrChange =
        """

          ON CONFLICT (scope, type, id) DO UPDATE SET seq = excluded.seq, generation = excluded.generation,
            deleted_at = excluded.deleted_at, fields = excluded.fields, stamps = excluded.stamps
        """;

    private const string Rest =
        """
        ),
        heads AS (UPDATE scopes s SET head = $3 + 1, last_commit = $4, clock = greatest(s.clock, $5)
          WHERE s.id = $1 AND EXISTS (SELECT FROM granted)),
        journal AS (INSERT INTO operations (scope, op_id, device, counter, type, id, kind, outcome, reason, seq, content_hash)
          SELECT $1, $12, $13, $14, $6, $7, $15, $16, $17, $3 + 1, $18 FROM granted),
        counters AS (UPDATE devices d SET counter = greatest(d.counter, $19)
          WHERE d.scope = $1 AND d.number = $13 AND EXISTS (SELECT FROM granted)),
        totals AS (INSERT INTO digests (scope, type, digest, live) SELECT $1, $6, $20, $21 FROM granted
          ON CONFLICT (scope, type) DO UPDATE SET digest = excluded.digest, live = excluded.live)
        SELECT 1, CASE
          WHEN EXISTS (SELECT FROM granted) THEN 1
          WHEN EXISTS (SELECT FROM locked) THEN 2
          WHEN EXISTS (SELECT FROM scopes s WHERE s.id = $1 AND s.epoch = $2 AND s.head = $3) THEN 3
          ELSE 2 END
        """;

    public const string Create = Locked + Row + Rest;

    public const string Change = Locked + IfExpected + Row + OrChange + Rest;

    /// <summary>One row and what became of the one operation on it. A refusal has no row, and what goes to the inbox has another one.</summary>
    public static bool Holds(PendingCommit commit) =>
        commit is { Letters.Length: 0, Commit: { Rows: [var row], Operations: [var entry], Counters: [var counter], Digests: [var digest] } }
        && row.Row.Key == entry.Entity && counter.Device == entry.Device && digest.Type == entry.Entity.Type;
}
