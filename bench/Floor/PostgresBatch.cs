using Npgsql;
using NpgsqlTypes;
using OrleansSync.Bench.Floor.V1;

namespace OrleansSync.Bench.Floor;

/// <summary>A batch as the arrays of its statement.</summary>
internal sealed class PostgresBatch
{
    private readonly IReadOnlyList<Write> _writes;
    private readonly Guid[] _ids;
    private readonly string[] _entities;
    private readonly ReadOnlyMemory<byte>[] _documents;

    public PostgresBatch(IReadOnlyList<Write> writes)
    {
        _writes = writes;
        _ids = new Guid[writes.Count];
        _entities = new string[writes.Count];
        _documents = new ReadOnlyMemory<byte>[writes.Count];
        var known = new HashSet<Guid>(writes.Count);
        foreach (var write in writes)
        {
            var id = IdOf(write);
            // The same write twice in one batch: the statement would take both for new.
            if (!known.Add(id)) continue;
            var at = known.Count - 1;
            _ids[at] = id;
            _entities[at] = write.EntityId;
            _documents[at] = write.Document.Memory;
        }

        if (known.Count == writes.Count) return;
        System.Array.Resize(ref _ids, known.Count);
        System.Array.Resize(ref _entities, known.Count);
        System.Array.Resize(ref _documents, known.Count);
    }

    public NpgsqlCommand ToCommand(string sql, string user, NpgsqlConnection connection) => new(sql, connection)
    {
        Parameters =
        {
            new NpgsqlParameter<string> { TypedValue = user, NpgsqlDbType = NpgsqlDbType.Text },
            Array(_ids, NpgsqlDbType.Uuid),
            Array(_entities, NpgsqlDbType.Text),
            Array(_documents, NpgsqlDbType.Json),
            new NpgsqlParameter<int> { TypedValue = _ids.Length, NpgsqlDbType = NpgsqlDbType.Integer },
        },
    };

    /// <param name="fresh">The ids that were new; null: all.</param>
    public IReadOnlyList<Write> Fresh(Guid[]? fresh)
    {
        if (fresh is null && _ids.Length == _writes.Count) return _writes;
        var left = new HashSet<Guid>(fresh ?? _ids);
        // Removed, so that of a write that is there twice only the first counts.
        return [.. _writes.Where(write => left.Remove(IdOf(write)))];
    }

    private static NpgsqlParameter<T[]> Array<T>(T[] values, NpgsqlDbType type) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };

    private static Guid IdOf(Write write) => new(write.Id.Span, bigEndian: true);
}
