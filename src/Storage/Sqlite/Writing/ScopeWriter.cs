using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite.Writing;

/// <summary>What one request does inside the group's transaction. The caller undoes what ends in false or in an error.</summary>
internal sealed class ScopeWriter
{
    private readonly ScopeTables _tables;
    private readonly Purger _purger;
    private readonly LetterWriter _letters;
    private readonly Dictionary<DeviceId, int> _numbers = [];
    private readonly SqliteStatement _advance;
    private readonly SqliteStatement _insertRow;
    private readonly SqliteStatement _updateRow;
    private readonly SqliteStatement _insertOperation;
    private readonly SqliteStatement _raiseCounter;
    private readonly SqliteStatement _putDigest;
    private readonly SqliteStatement _claim;
    private readonly SqliteStatement _addScope;
    private readonly SqliteStatement _addDevice;
    private readonly SqliteStatement _updateSession;
    private readonly SqliteStatement _revoke;
    private readonly SqliteStatement _raiseEpoch;
    private readonly SqliteStatement _raiseEpochAtHead;
    private readonly SqliteStatement _beginLineage;
    private readonly SqliteStatement _forgetSessions;
    private readonly SqliteStatement _markRestored;

    public ScopeWriter(SqliteDatabase database)
    {
        _tables = new ScopeTables(database);
        _letters = new LetterWriter(database);
        _purger = new Purger(database, _letters);
        _advance = database.Prepare(
            """
            UPDATE scopes SET head = head + 1, last_commit = ?, clock = max(clock, ?)
            WHERE scope = ? AND epoch = ? AND head = ? RETURNING id
            """);
        _insertRow = database.Prepare(
            """
            INSERT INTO entities (scope, type, id, seq, generation, deleted_at, fields, stamps) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """);
        _updateRow = database.Prepare(
            """
            UPDATE entities SET seq = ?, generation = ?, deleted_at = ?, fields = ?, stamps = ?
            WHERE scope = ? AND type = ? AND id = ? AND seq = ?
            """);
        _insertOperation = database.Prepare(
            """
            INSERT INTO operations (scope, op_id, device, counter, type, id, kind, outcome, reason, seq, content_hash, at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """);
        _raiseCounter = database.Prepare("UPDATE devices SET counter = max(counter, ?) WHERE scope = ? AND device = ? RETURNING number");
        _putDigest = database.Prepare(
            """
            INSERT INTO digests (scope, type, digest, live) VALUES (?, ?, ?, ?)
            ON CONFLICT (scope, type) DO UPDATE SET digest = excluded.digest, live = excluded.live
            """);
        _claim = database.Prepare("UPDATE scopes SET epoch = epoch + 1 WHERE scope = ? RETURNING id");
        _addScope = database.Prepare(
            """
            INSERT INTO scopes (scope, epoch, head, last_commit, clock, lineage, horizon, lost_through)
            SELECT ?1, 0, ifnull(max(through), 0), zeroblob(16), 0, ?2, 0, ifnull(max(through), 0) FROM restores WHERE true
            ON CONFLICT DO NOTHING
            """);
        _addDevice = database.Prepare(
            """
            INSERT INTO devices (scope, device, number, counter, done_below, proved, pending, registered_at, revoked)
            SELECT ?1, ?2, coalesce(max(number), 0) + 1, 0, 0, ?3, ?4, ?5, 0 FROM devices WHERE scope = ?1
            ON CONFLICT DO NOTHING
            """);
        _updateSession = database.Prepare(
            """
            UPDATE devices SET proved = ?, pending = ?, done_below = max(done_below, ?)
            WHERE scope = ? AND device = ? AND proved = ? AND pending = ? AND NOT revoked
            """);
        _revoke = database.Prepare("UPDATE devices SET revoked = 1 WHERE scope = ? AND device = ?");
        _raiseEpoch = database.Prepare("UPDATE scopes SET epoch = epoch + 1 WHERE id = ?");
        _beginLineage = database.Prepare(FormattableString.Invariant(
            $"""
            UPDATE scopes SET epoch = epoch + {Lineages.Epochs}, lineage = ?1, head = max(?2, head + 1), lost_through = max(?2, head + 1),
              lost_after = iif(head = lost_through OR (lost_through > 0 AND lost_through > ?2 - {Lineages.Together}), lost_after, head)
            WHERE scope = ?3 RETURNING id
            """));
        _forgetSessions = database.Prepare("UPDATE devices SET proved = x'', pending = x'' WHERE scope = ?");
        _markRestored = database.Prepare("INSERT INTO restores (through) VALUES (?) ON CONFLICT DO NOTHING");
        _raiseEpochAtHead = database.Prepare("UPDATE scopes SET epoch = epoch + 1 WHERE scope = ? AND head = ? RETURNING id");
    }

    /// <summary>Server time of the group, milliseconds since 1970 UTC.</summary>
    public long Now { get; set; }

    public ScopeClaim Claim(ScopeId scope)
    {
        if (!TryFirst(_claim.Bind(scope.Value), out _))
        {
            _addScope.Bind(scope.Value).Bind(Guid.NewGuid()).Run();
            TryFirst(_claim.Bind(scope.Value), out _);
        }

        var (id, state) = _tables.FindScope(scope)!.Value;
        return new ScopeClaim(state, [.. _tables.Devices(id)], _tables.Digests(id));
    }

    public DeviceRecord Register(ScopeId scope, DeviceId device, DeviceSession session, long registeredAt)
    {
        _addScope.Bind(scope.Value).Bind(Guid.NewGuid()).Run();
        var (id, _) = _tables.FindScope(scope)!.Value;
        _addDevice.Bind(id).Bind(device.Value).Bind(session.Proved.AsSpan()).Bind(session.Pending.AsSpan()).Bind(registeredAt).Run();
        return _tables.Device(id, device)!;
    }

    public bool UpdateSession(ScopeId scope, DeviceId device, DeviceSession expected, DeviceSession next, long doneBelow) =>
        _tables.FindScope(scope) is var (id, _)
        && _updateSession.Bind(next.Proved.AsSpan()).Bind(next.Pending.AsSpan()).Bind(doneBelow)
            .Bind(id).Bind(device.Value).Bind(expected.Proved.AsSpan()).Bind(expected.Pending.AsSpan()).Run() == 1;

    public bool Revoke(ScopeId scope, DeviceId device) =>
        _tables.FindScope(scope) is var (id, _)
        && _revoke.Bind(id).Bind(device.Value).Run() == 1
        && _raiseEpoch.Bind(id).Run() == 1;

    public PurgeResult Purge(PurgeRequest request)
    {
        if (_tables.FindScope(request.Scope) is not var (id, _)) return default;
        var result = _purger.Run(id, request, _tables.Devices(id));
        if (result.RemovedAny) _raiseEpoch.Bind(id).Run();
        return result;
    }

    public bool MendDigest(ScopeId scope, long head, TypeDigest digest) =>
        TryFirst(_raiseEpochAtHead.Bind(scope.Value).Bind(head), out var id)
        && _putDigest.Bind(id).Bind(digest.Type).Bind(digest.Digest).Bind(digest.Rows).Run() == 1;

    public bool RemoveDeadLetter(ScopeId scope, OperationId operation) =>
        _tables.FindScope(scope) is var (id, _) && _letters.Remove(id, operation);

    public bool BeginLineage(ScopeId scope, long through)
    {
        if (!TryFirst(_beginLineage.Bind(Guid.NewGuid()).Bind(through).Bind(scope.Value), out var id)) return false;
        _forgetSessions.Bind(id).Run();
        return true;
    }

    public bool MarkRestored(long through) => _markRestored.Bind(through).Run() == 1;

    /// <summary>Epoch and head first: a stale round is refused before it has touched anything.</summary>
    public bool TryCommit(ScopeCommit commit, EncodedRow[] rows, byte[][] letters)
    {
        _advance.Bind(commit.CommitId).Bind(commit.Clock).Bind(commit.Scope.Value).Bind(commit.Epoch).Bind(commit.Head);
        if (!TryFirst(_advance, out var scope)) return false;

        for (var i = 0; i < rows.Length; i++)
        {
            if (!TryPutRow(scope, commit.Rows[i], rows[i])) return false;
        }

        _numbers.Clear();
        foreach (var (device, counter) in commit.Counters)
        {
            if (!TryNumber(scope, device, counter)) return false;
        }

        foreach (var entry in commit.Operations)
        {
            if (!IsNumbered(scope, entry.Device)) return false;
            if (!TryAddOperation(scope, entry)) return false;
        }

        foreach (var digest in commit.Digests)
            _putDigest.Bind(scope).Bind(digest.Type).Bind(digest.Digest).Bind(digest.Rows).Run();
        foreach (var letter in commit.DeadLetters)
        {
            if (!IsNumbered(scope, letter.Operation.Device)) return false;
        }

        return letters.Length == 0 || _letters.TryAdd(scope, commit, letters, _numbers);
    }

    private bool TryPutRow(long scope, RowChange change, EncodedRow encoded)
    {
        var row = change.Row;
        if (change.Expected == 0)
        {
            _insertRow.Bind(scope).Bind(row.Key.Type).Bind(row.Key.Id).Bind(row.Sequence).Bind(row.Generation);
            return BindDeletion(_insertRow, row).BindUtf8(encoded.Fields).Bind(encoded.Stamps).Run() == 1;
        }

        BindDeletion(_updateRow.Bind(row.Sequence).Bind(row.Generation), row).BindUtf8(encoded.Fields).Bind(encoded.Stamps);
        return _updateRow.Bind(scope).Bind(row.Key.Type).Bind(row.Key.Id).Bind(change.Expected).Run() == 1;
    }

    private static SqliteStatement BindDeletion(SqliteStatement statement, EntityRow row) =>
        row.Deleted ? statement.Bind(row.DeletedAt) : statement.BindNull();

    private bool IsNumbered(long scope, DeviceId device) => _numbers.ContainsKey(device) || TryNumber(scope, device, counter: 0);

    private bool TryNumber(long scope, DeviceId device, long counter)
    {
        if (!TryFirst(_raiseCounter.Bind(counter).Bind(scope).Bind(device.Value), out var number)) return false;
        _numbers[device] = (int)number;
        return true;
    }

    private bool TryAddOperation(long scope, JournalEntry entry) =>
        _insertOperation.Bind(scope).Bind(entry.Operation.Value).Bind(_numbers[entry.Device]).Bind(entry.Counter)
            .Bind(entry.Entity.Type).Bind(entry.Entity.Id).Bind((int)entry.Kind).Bind((int)entry.Outcome).Bind((int)entry.Reason)
            .Bind(entry.Sequence).Bind(entry.ContentHash).Bind(Now).Run() == 1;

    /// <summary>Runs a statement with RETURNING of one integer; false: it changed no row.</summary>
    private static bool TryFirst(SqliteStatement statement, out long value)
    {
        var found = statement.Step();
        value = found ? statement.Int64(0) : 0;
        statement.Reset();
        return found;
    }
}
