using Npgsql;
using NpgsqlTypes;

namespace OrleansSync.Storage.Postgres.Writing;

/// <summary>
/// The parameters of <see cref="SingleSql"/>, in its order, filled anew for each commit: on the way of a single write they were a fifth of what
/// the silo allocates. Of one flusher, and in one command at a time.
/// </summary>
internal sealed class SingleParameters
{
    private readonly NpgsqlParameter<long> _scope = Bigint();
    private readonly NpgsqlParameter<long> _epoch = Bigint();
    private readonly NpgsqlParameter<long> _head = Bigint();
    private readonly NpgsqlParameter<Guid> _commitId = Uuid();
    private readonly NpgsqlParameter<long> _clock = Bigint();
    private readonly NpgsqlParameter<string> _type = Text();
    private readonly NpgsqlParameter<string> _id = Text();
    private readonly NpgsqlParameter<int> _generation = Integer();
    private readonly NpgsqlParameter _deletedAt = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<byte[]> _fields = new() { NpgsqlDbType = NpgsqlDbType.Json };
    private readonly NpgsqlParameter<byte[]> _stamps = Bytea();
    private readonly NpgsqlParameter<Guid> _operation = Uuid();
    private readonly NpgsqlParameter<int> _device = Integer();
    private readonly NpgsqlParameter<long> _counter = Bigint();
    private readonly NpgsqlParameter<short> _kind = Smallint();
    private readonly NpgsqlParameter<short> _outcome = Smallint();
    private readonly NpgsqlParameter<short> _reason = Smallint();
    private readonly NpgsqlParameter<byte[]> _contentHash = Bytea();
    private readonly NpgsqlParameter<long> _highestCounter = Bigint();
    private readonly NpgsqlParameter<byte[]> _digest = Bytea();
    private readonly NpgsqlParameter<long> _live = Bigint();
    private readonly NpgsqlParameter<long> _expected = Bigint();
    private readonly NpgsqlParameter[] _ofCreate;

    public SingleParameters() => _ofCreate =
    [
        _scope, _epoch, _head, _commitId, _clock, _type, _id, _generation, _deletedAt, _fields, _stamps,
        _operation, _device, _counter, _kind, _outcome, _reason, _contentHash, _highestCounter, _digest, _live,
    ];

    /// <summary>The command has them until it clears its collection.</summary>
    public NpgsqlCommand CommandFor(PendingCommit pending, NpgsqlConnection connection)
    {
        Fill(pending);
        var isNew = pending.Births > 0;
        var command = new NpgsqlCommand(isNew ? SingleSql.Create : SingleSql.Change, connection);
        command.Parameters.AddRange(_ofCreate);
        if (!isNew) command.Parameters.Add(_expected);
        return command;
    }

    private void Fill(PendingCommit pending)
    {
        var (commit, change, entry) = (pending.Commit, pending.Commit.Rows[0], pending.Commit.Operations[0]);
        _scope.TypedValue = pending.Scope;
        _epoch.TypedValue = commit.Epoch;
        _head.TypedValue = commit.Head;
        _commitId.TypedValue = commit.CommitId;
        _clock.TypedValue = commit.Clock;
        _type.TypedValue = entry.Entity.Type;
        _id.TypedValue = entry.Entity.Id;
        _generation.TypedValue = change.Row.Generation;
        _deletedAt.Value = change.Row.Deleted ? change.Row.DeletedAt : DBNull.Value;
        (_fields.TypedValue, _stamps.TypedValue) = pending.Rows[0];
        _operation.TypedValue = entry.Operation.Value;
        _device.TypedValue = pending.Devices[entry.Device];
        _counter.TypedValue = entry.Counter;
        _kind.TypedValue = (short)entry.Kind;
        _outcome.TypedValue = (short)entry.Outcome;
        _reason.TypedValue = (short)entry.Reason;
        _contentHash.TypedValue = CommitArrays.BigEndian(entry.ContentHash);
        _highestCounter.TypedValue = commit.Counters[0].Counter;
        _digest.TypedValue = CommitArrays.BigEndian(commit.Digests[0].Digest);
        _live.TypedValue = commit.Digests[0].Rows;
        _expected.TypedValue = change.Expected;
    }

    private static NpgsqlParameter<long> Bigint() => new() { NpgsqlDbType = NpgsqlDbType.Bigint };

    private static NpgsqlParameter<int> Integer() => new() { NpgsqlDbType = NpgsqlDbType.Integer };

    private static NpgsqlParameter<short> Smallint() => new() { NpgsqlDbType = NpgsqlDbType.Smallint };

    private static NpgsqlParameter<Guid> Uuid() => new() { NpgsqlDbType = NpgsqlDbType.Uuid };

    private static NpgsqlParameter<string> Text() => new() { NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<byte[]> Bytea() => new() { NpgsqlDbType = NpgsqlDbType.Bytea };
}
