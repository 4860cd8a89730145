namespace OrleansSync.Storage.Postgres.Writing;

/// <summary>
/// The statement that commits. Arrays come in, each commit with an ordinal that its rows, journal entries, counters and
/// digests carry; a commit is granted whole or left out, and the healthy ones beside it go through.
/// </summary>
/// <remarks>
/// <para>
/// Whether rows are as expected is checked on the statement's snapshot, which is older than the scope's lock. The lock ties them: it
/// is only got on a scope whose epoch and head are still the expected ones, and everything that changes a scope's rows or journal
/// raises one of the two in the same transaction. So what the snapshot shows of a locked scope is current.
/// </para>
/// <para>
/// That a row or a journal key is new is not looked up: its unique index says so as it is inserted. One that is there already fails
/// the whole statement, nothing of it is stored, and <see cref="Flusher"/> halves the group until that commit is alone. It is rare:
/// an owner knows what its scope has taken lately. Looking it up cost each operation two lookups (docs/decisions/0018).
/// </para>
/// <para>
/// Locks are taken in the order of scope numbers, and none is waited for, so there are no deadlocks. <c>(x IN (SELECT …)) IS TRUE</c>
/// keeps the filter a hashed lookup; as a join the planner would run through the granted ones again for each row.
/// </para>
/// <para>
/// Rows are looked up by scalar subqueries, and changed rows are stored by their key's conflict: neither is a
/// join, so neither can be turned round. A plan is made once a connection, in a new database while its tables are empty, and there
/// a scan of a whole table for each of the few rows of an array looks cheap: it cost 170 instead of 30 µs an operation.
/// </para>
/// </remarks>
internal static class CommitSql
{
    /// <summary>Scopes that another transaction has locked are left out.</summary>
    public const string Shared = Before + " SKIP LOCKED" + After + Answers;

    /// <summary>Waits for a lock; for a commit that was left out again and again.</summary>
    public const string Alone = Before + After + Answers;

    /// <summary>
    /// <see cref="Shared"/> for groups that have dead letters. A statement of its own: the many groups that have none do not pay for it.
    /// </summary>
    public const string SharedWithLetters = Before + " SKIP LOCKED" + After + Letters + Answers;

    /// <summary><see cref="Alone"/> with dead letters.</summary>
    public const string AloneWithLetters = Before + After + Letters + Answers;

    private const string Before =
        """
        WITH locked AS MATERIALIZED (
          SELECT c.ord::int AS ord
          FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS c(scope, epoch, head, ord)
          JOIN scopes s ON s.id = c.scope AND s.epoch = c.epoch AND s.head = c.head
          ORDER BY s.id FOR NO KEY UPDATE OF s
        """;

    private const string After =
        """
        ),
        bad AS MATERIALIZED (
          SELECT r.ord FROM unnest($15::int[], $16::bigint[], $17::text[], $18::text[], $19::bigint[]) AS r(ord, scope, type, id, expected)
          WHERE coalesce((SELECT e.seq FROM entities e WHERE e.scope = r.scope AND e.type = r.type AND e.id = r.id), 0) <> r.expected),
        granted AS MATERIALIZED (SELECT ord FROM locked WHERE (ord IN (SELECT ord FROM bad)) IS NOT TRUE),
        heads AS (UPDATE scopes s SET head = c.head + 1, last_commit = c.commit_id, clock = greatest(s.clock, c.clock)
          FROM unnest($1::bigint[], $3::bigint[], $4::uuid[], $5::bigint[]) WITH ORDINALITY AS c(scope, head, commit_id, clock, ord)
          WHERE s.id = c.scope AND (c.ord::int IN (SELECT ord FROM granted)) IS TRUE),
        born AS (INSERT INTO entities (scope, type, id, seq, generation, deleted_at, fields, stamps)
          SELECT r.scope, r.type, r.id, r.seq, r.generation, r.deleted_at, r.fields, r.stamps
          FROM unnest($6::int[], $7::bigint[], $8::text[], $9::text[], $10::bigint[], $11::int[], $12::bigint[], $13::json[], $14::bytea[])
            AS r(ord, scope, type, id, seq, generation, deleted_at, fields, stamps)
          WHERE (r.ord IN (SELECT ord FROM granted)) IS TRUE),
        changed AS (INSERT INTO entities (scope, type, id, seq, generation, deleted_at, fields, stamps)
          SELECT r.scope, r.type, r.id, r.seq, r.generation, r.deleted_at, r.fields, r.stamps
          FROM unnest($15::int[], $16::bigint[], $17::text[], $18::text[], $20::bigint[], $21::int[], $22::bigint[], $23::json[], $24::bytea[])
            AS r(ord, scope, type, id, seq, generation, deleted_at, fields, stamps)
          WHERE (r.ord IN (SELECT ord FROM granted)) IS TRUE
          ON CONFLICT (scope, type, id) DO UPDATE SET seq = excluded.seq, generation = excluded.generation,
            deleted_at = excluded.deleted_at, fields = excluded.fields, stamps = excluded.stamps),
        journal AS (INSERT INTO operations (scope, op_id, device, counter, type, id, kind, outcome, reason, seq, content_hash)
          SELECT o.scope, o.op_id, o.device, o.counter, o.type, o.id, o.kind, o.outcome, o.reason, o.seq, o.content_hash
          FROM unnest($25::int[], $26::bigint[], $27::uuid[], $28::int[], $29::bigint[], $30::text[], $31::text[], $32::smallint[],
              $33::smallint[], $34::smallint[], $35::bigint[], $36::bytea[])
            AS o(ord, scope, op_id, device, counter, type, id, kind, outcome, reason, seq, content_hash)
          WHERE (o.ord IN (SELECT ord FROM granted)) IS TRUE),
        counters AS (UPDATE devices d SET counter = greatest(d.counter, c.counter)
          FROM unnest($37::int[], $38::bigint[], $39::int[], $40::bigint[]) AS c(ord, scope, number, counter)
          WHERE d.scope = c.scope AND d.number = c.number AND (c.ord IN (SELECT ord FROM granted)) IS TRUE),
        totals AS (INSERT INTO digests (scope, type, digest, live)
          SELECT t.scope, t.type, t.digest, t.live
          FROM unnest($41::int[], $42::bigint[], $43::text[], $44::bytea[], $45::bigint[]) AS t(ord, scope, type, digest, live)
          WHERE (t.ord IN (SELECT ord FROM granted)) IS TRUE
          ON CONFLICT (scope, type) DO UPDATE SET digest = excluded.digest, live = excluded.live)
        """;

    // The statement's snapshot is from before its own letters: those that it trims are what was there.
    private const string Letters =
        """
        ,
        trimmed AS (DELETE FROM dead_letters d
          USING (SELECT DISTINCT l.scope FROM unnest($46::int[], $47::bigint[]) AS l(ord, scope) WHERE (l.ord IN (SELECT ord FROM granted)) IS TRUE) AS c,
            LATERAL (SELECT x.op_id FROM dead_letters x WHERE x.scope = c.scope ORDER BY x.seq DESC, x.op_id DESC OFFSET $58) AS old
          WHERE d.scope = c.scope AND d.op_id = old.op_id),
        letters AS (INSERT INTO dead_letters (scope, op_id, device, counter, type, id, kind, reason, message, seq, at, operation)
          SELECT l.scope, l.op_id, l.device, l.counter, l.type, l.id, l.kind, l.reason, l.message, l.seq, l.at, l.operation
          FROM unnest($46::int[], $47::bigint[], $48::uuid[], $49::int[], $50::bigint[], $51::text[], $52::text[], $53::smallint[], $54::smallint[],
              $55::text[], $56::bigint[], $57::bigint[], $59::bytea[])
            AS l(ord, scope, op_id, device, counter, type, id, kind, reason, message, seq, at, operation)
          WHERE (l.ord IN (SELECT ord FROM granted)) IS TRUE)
        """;

    private const string Answers =
        """

        SELECT c.ord::int, CASE
            WHEN (c.ord::int IN (SELECT ord FROM granted)) IS TRUE THEN 1
            WHEN (c.ord::int IN (SELECT ord FROM locked)) IS TRUE THEN 2
            WHEN EXISTS (SELECT FROM scopes s WHERE s.id = c.scope AND s.epoch = c.epoch AND s.head = c.head) THEN 3
            ELSE 2 END
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS c(scope, epoch, head, ord)
        """;
}

/// <summary>What the statement says of a commit.</summary>
internal enum CommitAnswer
{
    /// <summary>In it.</summary>
    Granted = 1,

    /// <summary>Left out: its epoch, its head, a row or a journal key is not as expected, and never will be.</summary>
    Refused = 2,

    /// <summary>Left out: another transaction has the scope locked.</summary>
    Locked = 3,
}
