using System.Runtime.CompilerServices;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;

namespace OrleansSync.Client.Queries;

/// <summary>Looks again whenever a query's result may have changed, and tells the difference.</summary>
/// <remarks>
/// Most changes leave the rows and their order as they are: then only what changed is read, which costs the same in a result of ten
/// rows and of ten thousand. What comes in, moves, or makes room for a row behind <c>Take</c> is a reason to ask the whole query.
/// </remarks>
internal sealed class LiveQuery<T>(SyncCollection<T> collection, QueryPlan plan, Func<T, bool>? filter, int? most)
{
    // The result as it was last told, and where in it each row is.
    private List<Row> _rows = [];
    private Dictionary<string, int> _places = [];

    public async IAsyncEnumerable<LiveSnapshot<T>> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Listening comes first: what changes while the result is read is looked at after it.
        using var changes = new ChangeSignal(collection.Database, collection.Type);
        yield return await collection.Database.ReadAsync(Ask, cancellationToken);
        while (true)
        {
            var ids = await changes.NextAsync(cancellationToken);
            var snapshot = await collection.Database.ReadAsync(
                connection => ids is not null && TryLook(connection, ids, out var looked) ? looked : Ask(connection), cancellationToken);
            if (snapshot is not { Inserted: [], Changed: [], Removed: [] }) yield return snapshot;
        }
    }

    /// <summary>The whole query.</summary>
    private LiveSnapshot<T> Ask(LocalConnection connection)
    {
        var rows = new List<Row>();
        var states = new States(connection, collection.Type);
        connection.Scan(
            plan.Rows,
            reader =>
            {
                var id = reader.Text(0);
                var row = Read(id, reader.Bytes(1), _places.TryGetValue(id, out var place) ? _rows[place] : null);
                if (filter is null || filter(row.Item)) rows.Add(row with { State = states.Of(id, pending: reader.Int64(2) != 0) });
                return rows.Count != most;
            },
            plan.Values);
        return Compare(rows);
    }

    /// <summary>Only these entities, of a result that is otherwise as it was. False: the whole query has to be asked.</summary>
    private bool TryLook(LocalConnection connection, IReadOnlyCollection<string> ids, out LiveSnapshot<T> snapshot)
    {
        snapshot = null!;
        var states = new States(connection, collection.Type);
        var (rows, changed, removed) = (new Dictionary<int, Row>(), new List<string>(), new HashSet<string>());
        foreach (var id in ids)
        {
            Row? before = _places.TryGetValue(id, out var place) ? _rows[place] : null;
            var found = Find(connection, id, before, states);
            if (found is not { Row: var row })
            {
                if (before is null) continue;
                if (most is not null) return false;
                removed.Add(id);
            }
            else if (before is null || !found.Value.InPlace)
            {
                return false;
            }
            else if (IsOther(before.Value, row))
            {
                rows.Add(place, row);
                changed.Add(id);
            }
        }

        foreach (var (place, row) in rows) _rows[place] = row;
        if (removed.Count > 0) Keep([.. _rows.Where(row => !removed.Contains(row.Id))]);
        snapshot = Snapshot([], changed, [.. removed]);
        return true;
    }

    /// <summary>One entity as part of the result; <c>null</c>: it is none.</summary>
    private (Row Row, bool InPlace)? Find(LocalConnection connection, string id, Row? before, States states) =>
        connection.QueryFirst<(Row Row, bool InPlace)?>(
            plan.Row,
            reader =>
            {
                var row = Read(id, reader.Bytes(0), before) with { State = states.Of(id, pending: reader.Int64(1) != 0) };
                return filter is null || filter(row.Item) ? (row, reader.Int64(2) != 0) : null;
            },
            [SqlValue.Utf8(before?.Document), .. plan.Values, id]);

    private Row Read(string id, ReadOnlySpan<byte> document, Row? before)
    {
        if (before is { } known && document.SequenceEqual(known.Document)) return known;
        var own = document.ToArray();
        return new Row(id, own, collection.Codec.Decode(collection.Key(id), own), EntitySyncState.Synced);
    }

    private LiveSnapshot<T> Compare(List<Row> rows)
    {
        var (inserted, changed) = (new List<string>(), new List<string>());
        foreach (var row in rows)
        {
            if (!_places.Remove(row.Id, out var place)) inserted.Add(row.Id);
            else if (IsOther(_rows[place], row)) changed.Add(row.Id);
        }

        string[] removed = [.. _places.Keys];
        Keep(rows);
        return Snapshot(inserted, changed, removed);
    }

    private void Keep(List<Row> rows)
    {
        _rows = rows;
        _places = new Dictionary<string, int>(rows.Count);
        for (var place = 0; place < rows.Count; place++) _places.Add(rows[place].Id, place);
    }

    private LiveSnapshot<T> Snapshot(IReadOnlyList<string> inserted, IReadOnlyList<string> changed, IReadOnlyList<string> removed) =>
        new([.. _rows.Select(static row => row.Item)], [.. _rows.Select(static row => row.State)], inserted, changed, removed);

    private static bool IsOther(Row before, Row row) => !ReferenceEquals(before.Document, row.Document) || before.State != row.State;

    private readonly record struct Row(string Id, byte[] Document, T Item, EntitySyncState State);

    /// <summary>Where rows stand with the server. Few are dead letters or parked, as a rule: a look at each row's operations would cost more.</summary>
    private readonly struct States(LocalConnection connection, string type)
    {
        private readonly HashSet<string> _letters = OperationTable.LettersOf(connection, type);
        private readonly HashSet<string> _parked = OperationTable.ParkedOf(connection, type);

        public EntitySyncState Of(string id, bool pending) =>
            _letters.Contains(id) ? EntitySyncState.DeadLetter
            : _parked.Contains(id) ? EntitySyncState.Conflict
            : pending ? EntitySyncState.Pending : EntitySyncState.Synced;
    }
}
