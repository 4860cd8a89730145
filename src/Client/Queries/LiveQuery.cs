using System.Runtime.CompilerServices;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;

namespace OrleansSync.Client.Queries;

/// <summary>Asks a query again whenever its result may have changed, and tells the difference.</summary>
internal sealed class LiveQuery<T>(SyncCollection<T> collection, QueryPlan plan, Func<T, bool>? filter, int? most)
{
    private Dictionary<string, Row> _last = [];

    public async IAsyncEnumerable<LiveSnapshot<T>> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Listening comes first: what changes while the result is read is looked at after it.
        using var changes = new ChangeSignal(collection.Database, collection.Type);
        yield return await AskAsync(cancellationToken);
        while (true)
        {
            var ids = await changes.NextAsync(cancellationToken);
            if (ids is not null && !await ConcernsAsync(ids, cancellationToken)) continue;
            var snapshot = await AskAsync(cancellationToken);
            if (snapshot is not { Inserted: [], Changed: [], Removed: [] }) yield return snapshot;
        }
    }

    /// <summary>One of these is part of the result, or would be.</summary>
    private async Task<bool> ConcernsAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        if (ids.Any(_last.ContainsKey)) return true;
        return await collection.Database.ReadAsync(
            connection => ids.Any(id => connection.Number(plan.Match, [.. plan.Values, id]) is not null), cancellationToken);
    }

    private async Task<LiveSnapshot<T>> AskAsync(CancellationToken cancellationToken)
    {
        var order = new List<(string Id, Row Row)>();
        await collection.Database.ReadAsync(
            connection =>
            {
                // Few, as a rule: a look at each row's operations would cost more.
                var (letters, parked) = (OperationTable.LettersOf(connection, collection.Type), OperationTable.ParkedOf(connection, collection.Type));
                return connection.Scan(
                    plan.Rows,
                    reader =>
                    {
                        var id = reader.Text(0);
                        var document = reader.Bytes(1);
                        var known = _last.GetValueOrDefault(id);
                        var row = known.Document is not null && document.SequenceEqual(known.Document) ? known : Decode(id, document.ToArray());
                        if (filter is null || filter(row.Item)) order.Add((id, row with { State = StateOf(id, pending: reader.Int64(2) != 0) }));
                        return order.Count != most;
                    },
                    plan.Values);

                EntitySyncState StateOf(string id, bool pending) =>
                    letters.Contains(id) ? EntitySyncState.DeadLetter
                    : parked.Contains(id) ? EntitySyncState.Conflict
                    : pending ? EntitySyncState.Pending : EntitySyncState.Synced;
            },
            cancellationToken);
        return Compare(order);
    }

    private Row Decode(string id, byte[] document) => new(document, collection.Codec.Decode(collection.Key(id), document), EntitySyncState.Synced);

    private LiveSnapshot<T> Compare(List<(string Id, Row Row)> order)
    {
        var (inserted, changed) = (new List<string>(), new List<string>());
        foreach (var (id, row) in order)
        {
            if (!_last.Remove(id, out var before)) inserted.Add(id);
            else if (!ReferenceEquals(before.Document, row.Document) || before.State != row.State) changed.Add(id);
        }

        string[] removed = [.. _last.Keys];
        _last = order.ToDictionary(static one => one.Id, static one => one.Row);
        return new LiveSnapshot<T>(
            [.. order.Select(static one => one.Row.Item)], [.. order.Select(static one => one.Row.State)], inserted, changed, removed);
    }

    private readonly record struct Row(byte[] Document, T Item, EntitySyncState State);
}
