using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite.Writing;

/// <summary>Writes and removes dead letters. Inside the group's transaction.</summary>
internal sealed class LetterWriter(SqliteDatabase database)
{
    private readonly SqliteStatement _trim = database.Prepare(
        """
        DELETE FROM dead_letters WHERE rowid IN (
          SELECT rowid FROM dead_letters WHERE scope = ? ORDER BY seq DESC, op_id DESC LIMIT -1 OFFSET ?)
        """);

    private readonly SqliteStatement _insert = database.Prepare(
        """
        INSERT INTO dead_letters (scope, op_id, device, counter, type, id, kind, reason, message, seq, at, operation)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """);

    private readonly SqliteStatement _remove = database.Prepare("DELETE FROM dead_letters WHERE scope = ? AND op_id = ?");

    // The oldest are looked at, and no more: what is kept behind them is younger.
    private readonly SqliteStatement _purge = database.Prepare(
        """
        DELETE FROM dead_letters WHERE rowid IN (
          SELECT id FROM (SELECT rowid AS id, at FROM dead_letters WHERE scope = ? ORDER BY seq, op_id LIMIT ?) WHERE at < ?)
        """);

    /// <summary>False: there is one of an operation already.</summary>
    public bool TryAdd(long scope, ScopeCommit commit, byte[][] operations, IReadOnlyDictionary<DeviceId, int> numbers)
    {
        if (operations.Length > 0) _trim.Bind(scope).Bind((long)DeadLetter.MaxKept).Run();
        for (var i = 0; i < operations.Length; i++)
        {
            var letter = commit.DeadLetters[i];
            var refused = letter.Operation;
            _insert.Bind(scope).Bind(refused.Id.Value).Bind(numbers[refused.Device]).Bind(refused.Counter)
                .Bind(refused.Entity.Type).Bind(refused.Entity.Id).Bind((int)refused.Kind).Bind((int)letter.Reason);
            var message = letter.Message is { } text ? _insert.Bind(text) : _insert.BindNull();
            if (message.Bind(letter.Sequence).Bind(letter.RecordedAt).Bind(operations[i]).Run() != 1) return false;
        }

        return true;
    }

    public bool Remove(long scope, OperationId operation) => _remove.Bind(scope).Bind(operation.Value).Run() == 1;

    public int Purge(long scope, PurgeRequest request) =>
        _purge.Bind(scope).Bind(request.MaxRows).Bind(request.DeadLettersBefore).Run();
}
