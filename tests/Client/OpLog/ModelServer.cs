using System.Globalization;
using System.Text;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.OpLog;

/// <summary>
/// The server as a device sees it, small enough to be plainly right: one change log, outcomes by operation id, pages as the
/// wire carries them. Keeps every version of every row, so that a test can ask what a cursor had to show.
/// </summary>
internal sealed class ModelServer(SyncSchema schema)
{
    private readonly Dictionary<EntityKey, List<EntityRow>> _versions = [];
    private readonly Dictionary<OperationId, (DeviceId Device, Outcome Outcome)> _journal = [];

    public Guid Lineage { get; private set; } = Guid.NewGuid();

    /// <summary>What the last restore has lost.</summary>
    public SequenceGap Lost { get; private set; }

    /// <summary>What a handshake says.</summary>
    public HandshakeResult Handshake => new(new byte[] { 1, 2, 3 }, null, default, Clock, Lineage, Head, Limits.Default) { Lost = Lost };

    public long Head { get; private set; }

    public long Clock { get; private set; }

    public IEnumerable<EntityKey> Keys => _versions.Keys;

    /// <summary>The row as it travelled at a cursor.</summary>
    public EntityRow? RowAt(EntityKey key, long cursor) =>
        _versions.TryGetValue(key, out var versions) && versions.FindLast(row => row.Sequence <= cursor) is { } row ? OnWire(row) : null;

    public Outcome? OutcomeOf(OperationId id) => _journal.TryGetValue(id, out var entry) ? entry.Outcome : null;

    /// <summary>Commits a batch under one sequence; answers one outcome an operation.</summary>
    public List<OperationOutcome> Push(IReadOnlyList<Operation> operations)
    {
        var sequence = Head + 1;
        var rows = new Dictionary<EntityKey, EntityRow?>();
        var refused = new HashSet<EntityKey>();
        var fresh = new Dictionary<OperationId, Outcome>();
        foreach (var operation in operations.Where(one => !_journal.ContainsKey(one.Id)))
        {
            var row = rows.TryGetValue(operation.Entity, out var staged) ? staged : _versions.GetValueOrDefault(operation.Entity)?[^1];
            var merged = refused.Contains(operation.Entity)
                ? new MergeResult(row, OutcomeKind.Rejected, RejectionReason.PredecessorRejected, false)
                : Merge.Apply(row, operation, new MergeContext(schema.Find(operation.Entity.Type)!, sequence, 1_000 + sequence, Limits.Default) { Lost = Lost });
            if (merged.Kind == OutcomeKind.Rejected) refused.Add(operation.Entity);
            else if (!ReferenceEquals(merged.Row, row)) rows[operation.Entity] = merged.Row;
            fresh[operation.Id] = new Outcome(operation.Id, merged.Kind, sequence, merged.Reason);
        }

        if (operations[0].Transaction is not null && refused.Count > 0) RejectAll(fresh, rows);
        foreach (var row in rows.Values)
        {
            if (!_versions.TryGetValue(row!.Key, out var versions)) _versions[row.Key] = versions = [];
            versions.Add(row);
        }

        foreach (var operation in operations)
        {
            if (fresh.TryGetValue(operation.Id, out var outcome)) _journal[operation.Id] = (operation.Device, outcome);
            Clock = Math.Max(Clock, operation.Counter);
        }

        if (fresh.Count > 0) Head = sequence;
        return [.. operations.Select(operation => new OperationOutcome(_journal[operation.Id].Outcome, null))];
    }

    /// <summary>Restored to what it was after a commit, in a new lineage.</summary>
    public void SetBackTo(long sequence)
    {
        const long Gap = 1_000_000;
        foreach (var (key, versions) in _versions.ToArray())
        {
            versions.RemoveAll(row => row.Sequence > sequence);
            if (versions.Count == 0) _versions.Remove(key);
        }

        foreach (var id in _journal.Where(entry => entry.Value.Outcome.Sequence > sequence).Select(static entry => entry.Key).ToArray()) _journal.Remove(id);
        Lost = new SequenceGap(Lost.Through > 0 ? Lost.After : sequence, Head + Gap);
        Lineage = Guid.NewGuid();
        Head = Lost.Through;
    }

    /// <summary>It knows no sequences of the operations that come: they are another server's.</summary>
    public void GoOnAbove(long sequence)
    {
        Lost = new SequenceGap(0, long.MaxValue);
        Head = Math.Max(Head, sequence);
    }

    /// <summary>The page after a cursor or a page token, of at most so many rows of the types that the device holds.</summary>
    public ChangePage Pull(LocalState state, int rows) => Read(state, state.Types.Joined, state.Cursor, state.PageToken, rows);

    /// <summary>The page of the type that the device fills.</summary>
    public ChangePage Fill(LocalState state, int rows) => Read(state, new HashSet<string> { state.Types.Filling[0] }, 0, state.Types.FillToken, rows);

    private ChangePage Read(LocalState state, IReadOnlySet<string>? types, long cursor, ReadOnlyMemory<byte> pageToken, int rows)
    {
        var token = pageToken.IsEmpty
            ? (Sequence: cursor + 1, Type: "", Id: "", FirstHead: cursor == 0 ? Head : 0, Outcomes: cursor)
            : Parse(pageToken);
        var following = _versions.Values.Select(versions => versions[^1])
            .Where(row => (types?.Contains(row.Key.Type) ?? true) && (!row.Deleted || row.Sequence > token.FirstHead))
            .OrderBy(row => row.Sequence).ThenBy(row => row.Key.Type, StringComparer.Ordinal).ThenBy(row => row.Key.Id, StringComparer.Ordinal)
            .SkipWhile(row => IsUpTo(row, token.Sequence, token.Type, token.Id)).ToList();
        var page = following.Take(rows).Select(OnWire).ToList();
        var complete = page.Count == following.Count;
        var through = complete ? Head : page[^1].Sequence;
        var outcomes = _journal.Values
            .Where(entry => entry.Device == state.Device && entry.Outcome.Sequence > token.Outcomes && entry.Outcome.Sequence <= through)
            .OrderBy(entry => entry.Outcome.Sequence).Select(entry => new OperationOutcome(entry.Outcome, null)).ToList();
        var next = complete ? "" : string.Create(
            CultureInfo.InvariantCulture, $"{page[^1].Sequence}|{page[^1].Key.Type}|{page[^1].Key.Id}|{token.FirstHead}|{through}");
        return new ChangePage([.. page.Select(static row => new EncodedRow(row))], outcomes, complete, Lineage, complete ? Head : 0, Encoding.UTF8.GetBytes(next), Head, Clock)
        {
            Digests = complete ? Digests : [],
        };
    }

    /// <summary>Of all types, as of the head.</summary>
    public IReadOnlyList<(string Type, RowDigest Digest)> Digests =>
        [.. _versions.Values.Select(versions => versions[^1]).GroupBy(row => row.Key.Type)
            .Select(type => (type.Key, type.Aggregate(default(RowDigest), static (sum, row) => sum + RowDigest.Of(row))))];

    private EntityRow OnWire(EntityRow row) => row with
    {
        Changes = default,
        Edits = schema.Find(row.Key.Type)!.OnDelete == DeletePolicy.EditWins ? row.Edits : default,
        Fields = row.Deleted ? [] : row.Fields,
    };

    private static void RejectAll(Dictionary<OperationId, Outcome> fresh, Dictionary<EntityKey, EntityRow?> rows)
    {
        rows.Clear();
        foreach (var (id, outcome) in fresh.ToArray())
        {
            if (outcome.Kind != OutcomeKind.Rejected)
                fresh[id] = outcome with { Kind = OutcomeKind.Rejected, Reason = RejectionReason.TransactionRejected };
        }
    }

    private static bool IsUpTo(EntityRow row, long sequence, string type, string id) =>
        (row.Sequence, string.CompareOrdinal(row.Key.Type, type), string.CompareOrdinal(row.Key.Id, id)) switch
        {
            var (at, _, _) when at != sequence => at < sequence,
            (_, not 0 and var byType, _) => byType < 0,
            var (_, _, byId) => byId <= 0,
        };

    private static (long Sequence, string Type, string Id, long FirstHead, long Outcomes) Parse(ReadOnlyMemory<byte> token)
    {
        var parts = Encoding.UTF8.GetString(token.Span).Split('|');
        return (long.Parse(parts[0]), parts[1], parts[2], long.Parse(parts[3]), long.Parse(parts[4]));
    }
}
