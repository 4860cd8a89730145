using System.Text.Json;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite.Reading;

/// <summary>The rows and outcomes of a page, read as far as they are asked for.</summary>
internal sealed class PageReader(SqliteDatabase database)
{
    private const string Before =
        """
        SELECT seq, type, id, fields, stamps FROM entities INDEXED BY entities_by_sequence
        WHERE scope = ?1 AND (seq, type, id) > (?2, ?3, ?4) AND (deleted_at IS NULL OR seq > ?5)

        """;

    // One row further than the page: whether there is one says whether the page reaches the head.
    private const string After = "ORDER BY seq, type, id LIMIT ?6 + 1";

    // The index is named and type has a + before it, because the planner, which has no statistics, could take the key
    // (scope, type, id) for the types and sort all rows of the scope for each page.
    internal const string AllTypes = Before + After;

    internal const string SomeTypes = Before + "AND +type IN (SELECT value FROM json_each(?7)) " + After;

    internal const string OfDevice =
        """
        SELECT op_id, outcome, seq, reason FROM operations INDEXED BY operations_by_device
        WHERE scope = ? AND device = ? AND seq > ? AND seq <= ? ORDER BY seq
        """;

    private readonly SqliteStatement _all = database.Prepare(AllTypes);
    private readonly SqliteStatement _ofTypes = database.Prepare(SomeTypes);
    private readonly SqliteStatement _outcomes = database.Prepare(OfDevice);

    /// <summary>Reads until no further row is wanted.</summary>
    public void ReadRows(long scope, ChangeQuery query, long skipTombstonesThrough, PageRows rows)
    {
        var statement = query.Types.IsEmpty ? _all : _ofTypes;
        statement.Bind(scope).Bind(query.After.Sequence).Bind(query.After.Type).Bind(query.After.Id)
            .Bind(skipTombstonesThrough).Bind(query.MaxRows);
        if (!query.Types.IsEmpty) statement.BindUtf8(JsonSerializer.SerializeToUtf8Bytes(query.Types));
        try
        {
            while (statement.Step()
                && rows.TryAdd(new(statement.Int64(0), statement.Bytes(1), statement.Bytes(2), statement.Bytes(3), statement.Bytes(4))))
            {
            }
        }
        finally
        {
            statement.Reset();
        }
    }

    public IEnumerable<Outcome> Outcomes(long scope, int device, long after, long through)
    {
        _outcomes.Bind(scope).Bind(device).Bind(after).Bind(through);
        try
        {
            while (_outcomes.Step())
            {
                yield return new Outcome(
                    new OperationId(_outcomes.Guid(0)),
                    (OutcomeKind)_outcomes.Int32(1),
                    _outcomes.Int64(2),
                    (RejectionReason)_outcomes.Int32(3));
            }
        }
        finally
        {
            _outcomes.Reset();
        }
    }
}
