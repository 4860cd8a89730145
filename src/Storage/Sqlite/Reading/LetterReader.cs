using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite.Reading;

/// <summary>Reads dead letters, and when the journal's entries were committed.</summary>
internal sealed class LetterReader(SqliteDatabase database)
{
    private const string Columns = "SELECT operation, reason, message, seq, at FROM dead_letters ";

    // Above every id.
    private static readonly Guid Last = new("ffffffff-ffff-ffff-ffff-ffffffffffff");

    private readonly SqliteStatement _page = database.Prepare(
        Columns + "WHERE scope = ? AND (seq, op_id) < (?, ?) ORDER BY seq DESC, op_id DESC LIMIT ?");

    private readonly SqliteStatement _one = database.Prepare(Columns + "WHERE scope = ? AND op_id = ?");
    private readonly SqliteStatement _committedAt = database.Prepare("SELECT at FROM operations WHERE scope = ? AND op_id = ?");

    public IReadOnlyList<DeadLetter> List(long scope, DeadLetterQuery query)
    {
        var found = new List<DeadLetter>();
        using var rows = _page.Bind(scope).Bind(query.Before?.Sequence ?? long.MaxValue).Bind(query.Before?.Operation.Value ?? Last)
            .Bind(query.MaxLetters).Query();
        while (rows.Read()) found.Add(Read(_page));
        return found;
    }

    public DeadLetter? Find(long scope, OperationId operation)
    {
        using var rows = _one.Bind(scope).Bind(operation.Value).Query();
        return rows.Read() ? Read(_one) : null;
    }

    /// <summary>Milliseconds since 1970 UTC; <c>null</c>: the journal does not have it.</summary>
    public long? CommittedAt(long scope, OperationId operation)
    {
        using var rows = _committedAt.Bind(scope).Bind(operation.Value).Query();
        return rows.Read() ? _committedAt.Int64(0) : null;
    }

    private static DeadLetter Read(SqliteStatement row) => new(
        OperationEncoding.Decode(row.Bytes(0).ToArray()),
        (RejectionReason)row.Int32(1),
        row.IsNull(2) ? null : row.Text(2),
        row.Int64(3),
        row.Int64(4));
}
