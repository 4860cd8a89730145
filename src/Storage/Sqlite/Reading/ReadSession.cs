using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite.Reading;

/// <summary>One read connection and its statements. Every read runs in <see cref="InSnapshot"/>.</summary>
internal sealed class ReadSession : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly ScopeTables _tables;
    private readonly PageReader _pages;
    private readonly LetterReader _letters;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _end;
    private readonly SqliteStatement _row;
    private readonly SqliteStatement _ofType;
    private readonly SqliteStatement _operation;
    private readonly SqliteStatement _scopes;

    public ReadSession(SqliteDatabase database)
    {
        _database = database;
        _tables = new ScopeTables(database);
        _pages = new PageReader(database);
        _letters = new LetterReader(database);
        _begin = database.Prepare("BEGIN DEFERRED");
        _end = database.Prepare("COMMIT");
        _row = database.Prepare("SELECT seq, fields, stamps FROM entities WHERE scope = ? AND type = ? AND id = ?");
        _ofType = database.Prepare(
            "SELECT seq, fields, stamps, id FROM entities WHERE scope = ? AND type = ? AND deleted_at IS NULL ORDER BY id LIMIT ?");
        _operation = database.Prepare(
            """
            SELECT d.device, o.counter, o.type, o.id, o.kind, o.outcome, o.reason, o.seq, o.content_hash
            FROM operations o JOIN devices d ON d.scope = o.scope AND d.number = o.device
            WHERE o.scope = ? AND o.op_id = ?
            """);
        _scopes = database.Prepare("SELECT scope FROM scopes WHERE scope > ? ORDER BY scope LIMIT ?");
    }

    /// <summary>What it reads is one state of the database, however many statements it takes.</summary>
    public T InSnapshot<T>(Func<ReadSession, T> read)
    {
        _begin.Run();
        try
        {
            return read(this);
        }
        finally
        {
            if (_database.InTransaction) _end.Run();
        }
    }

    public ScopeState? Scope(ScopeId scope) => _tables.FindScope(scope)?.State;

    public IReadOnlyList<ScopeId> Scopes(ScopeId? after, int limit)
    {
        var found = new List<ScopeId>();
        using var rows = _scopes.Bind(after?.Value ?? "").Bind(limit).Query();
        while (rows.Read()) found.Add(new ScopeId(_scopes.Text(0)));
        return found;
    }

    public IReadOnlyList<DeviceRecord> Devices(ScopeId scope) => _tables.FindScope(scope) is var (id, _) ? _tables.Devices(id) : [];

    public IReadOnlyList<EntityRow> Load(ScopeId scope, IReadOnlyCollection<EntityKey> keys)
    {
        if (_tables.FindScope(scope) is not var (id, _)) return [];
        var found = new List<EntityRow>(keys.Count);
        foreach (var key in keys.Distinct())
        {
            if (!StorableText.IsStorable(key.Type) || !StorableText.IsStorable(key.Id)) continue;
            using var rows = _row.Bind(id).Bind(key.Type).Bind(key.Id).Query();
            if (rows.Read()) found.Add(RowEncoding.Decode(key, _row.Int64(0), _row.Bytes(1).ToArray(), _row.Bytes(2).ToArray()));
        }

        return found;
    }

    public IReadOnlyList<EntityRow> List(ScopeId scope, string type, int limit)
    {
        if (_tables.FindScope(scope) is not var (id, _)) return [];
        var found = new List<EntityRow>();
        using var rows = _ofType.Bind(id).Bind(type).Bind(limit).Query();
        while (rows.Read())
        {
            var key = new EntityKey(type, _ofType.Text(3));
            found.Add(RowEncoding.Decode(key, _ofType.Int64(0), _ofType.Bytes(1).ToArray(), _ofType.Bytes(2).ToArray()));
        }

        return found;
    }

    public IReadOnlyList<JournalEntry> FindOperations(ScopeId scope, IReadOnlyCollection<OperationId> operations)
    {
        if (_tables.FindScope(scope) is not var (id, _)) return [];
        var found = new List<JournalEntry>();
        foreach (var operation in operations.Distinct())
        {
            using var rows = _operation.Bind(id).Bind(operation.Value).Query();
            if (!rows.Read()) continue;
            found.Add(new JournalEntry(
                operation,
                new DeviceId(_operation.Guid(0)),
                _operation.Int64(1),
                new EntityKey(_operation.Text(2), _operation.Text(3)),
                (OperationKind)_operation.Int32(4),
                (OutcomeKind)_operation.Int32(5),
                (RejectionReason)_operation.Int32(6),
                _operation.Int64(7),
                _operation.UInt128(8)));
        }

        return found;
    }

    public JournalRecord? FindRecord(ScopeId scope, OperationId operation) =>
        FindOperations(scope, [operation]) is [var entry] && _tables.FindScope(scope) is var (id, _)
            ? new JournalRecord(entry, _letters.CommittedAt(id, operation)!.Value)
            : null;

    public IReadOnlyList<DeadLetter> DeadLetters(DeadLetterQuery query) =>
        _tables.FindScope(query.Scope) is var (id, _) ? _letters.List(id, query) : [];

    public DeadLetter? FindDeadLetter(ScopeId scope, OperationId operation) =>
        _tables.FindScope(scope) is var (id, _) ? _letters.Find(id, operation) : null;

    public ChangePage? Changes(ChangeQuery query)
    {
        if (_tables.FindScope(query.Scope) is not var (id, state)) return null;
        var device = query.Device is { } asked ? _tables.Device(id, asked) : null;
        using var rows = new PageRows(query);
        _pages.ReadRows(id, query, query.SkipTombstonesThrough ?? state.Head, rows);
        var outcomes = device is null ? [] : _pages.Outcomes(id, device.Number, query.OutcomesAfter, rows.OutcomesThrough(state));
        return ChangePageAssembly.Assemble(query, state, rows, outcomes, () => _tables.Digests(id));
    }

    public void Dispose() => _database.Dispose();
}
