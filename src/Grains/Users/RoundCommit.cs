using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Metrics;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>What a merged round asks of the store, answers to its callers and tells the watchers.</summary>
internal sealed class RoundCommit
{
    // What a row's framing and an outcome weigh in a notice, beside names and values.
    private const int RowOverhead = 160;
    private const int FieldOverhead = 48;
    private const int OutcomeBytes = 64;

    private readonly RoundOperation[] _decided;
    private readonly Guid _lineage;

    public RoundCommit(Round round, ScopeId scope, LogState state)
    {
        _decided = [.. round.Operations.Where(static operation => !operation.IsDeferred)];
        _lineage = state.Lineage;
        var sequence = state.Head + 1;
        var parked = ParkedRows(state, sequence, round.StartedAt);
        Commit = new ScopeCommit
        {
            Scope = scope,
            Epoch = state.Epoch,
            Head = state.Head,
            CommitId = Guid.NewGuid(),
            Clock = Math.Max(state.Clock, _decided.Max(static operation => operation.Pending.Operation.Counter)),
            Rows =
            [
                .. round.Replies.Values.Where(static reply => reply.Row is not null)
                    .Select(static reply => new RowChange(reply.Row!, reply.Expected)),
                .. parked.Select(static row => new RowChange(row, 0)),
            ],
            Operations = [.. _decided.Select(operation => JournalEntryOf(operation, sequence))],
            Counters = [.. _decided.Select(static operation => operation.Pending)
                .AggregateBy(
                    static pending => pending.Batch.Device,
                    device => state.Find(device)?.Counter ?? 0,
                    static (highest, pending) => Math.Max(highest, pending.Operation.Counter))
                .Select(static device => new DeviceCounter(device.Key, device.Value))],
            Digests = [.. DigestsOf(round, parked, state)],
            DeadLetters =
            [
                .. _decided.Where(static operation => operation.IsDeadLetter).Select(operation => DeadLetterOf(operation, sequence, round.StartedAt)),
                .. GivenUp(sequence, round.StartedAt),
            ],
        };
    }

    public ScopeCommit Commit { get; }

    public IEnumerable<(PendingOperation Operation, Outcome Outcome)> Outcomes =>
        _decided.Select(operation => (operation.Pending, operation.OutcomeAt(Commit.Sequence)));

    /// <summary>The commit whole where it is small, otherwise only its number.</summary>
    public CommitNotice NoticeFor(Limits limits, long committedAt)
    {
        var bytes = (long)_decided.Length * OutcomeBytes;
        var whole = Commit.Rows.Length <= limits.NoticeRows;
        for (var i = 0; whole && i < Commit.Rows.Length; i++) whole = (bytes += SizeOf(Commit.Rows[i].Row)) <= limits.NoticeBytes;
        if (!whole || bytes > limits.NoticeBytes) return new(Commit.Sequence, false, [], [], Commit.Clock, _lineage, [], committedAt);
        var rows = Commit.Rows.Select(static change => change.Row).ToArray();
        Array.Sort(rows, static (left, right) =>
        {
            var byType = Utf8Order.Compare(left.Key.Type, right.Key.Type);
            return byType != 0 ? byType : Utf8Order.Compare(left.Key.Id, right.Key.Id);
        });
        return new(
            Commit.Sequence,
            true,
            [.. rows],
            // Server code has its answer, and no device waits for it.
            [.. Outcomes.Where(static decided => !decided.Operation.Batch.IsWrite)
                .Select(static decided => new DeviceOutcome(decided.Operation.Batch.Device, decided.Outcome))],
            Commit.Clock,
            _lineage,
            Commit.Digests,
            committedAt);
    }

    /// <summary>Tells the meter what was decided.</summary>
    public void Measure(ServerMetrics metrics, SyncSchema schema)
    {
        foreach (var operation in _decided)
        {
            metrics.Recorded(operation.OutcomeAt(Commit.Sequence));
            if (operation.Merged is { Concurrent: true })
                metrics.MetConcurrent(schema.Find(operation.Entity.Type)?.Policy ?? ConflictPolicy.FieldMerge);
        }
    }

    private static JournalEntry JournalEntryOf(RoundOperation decided, long sequence)
    {
        var operation = decided.Pending.Operation;
        var outcome = decided.OutcomeAt(sequence);
        return new(
            operation.Id,
            decided.Pending.Batch.Device,
            operation.Counter,
            operation.Entity,
            operation.Kind,
            outcome.Kind,
            outcome.Reason,
            sequence,
            decided.Pending.ContentHash);
    }

    private static DeadLetter DeadLetterOf(RoundOperation refused, long sequence, long now)
    {
        var message = refused.Refusal == (refused.Merged?.Reason ?? RejectionReason.None) ? refused.Merged?.Message : null;
        return new(refused.Pending.Operation, refused.OutcomeAt(sequence).Reason, message, sequence, now);
    }

    /// <summary>What waited in the conflict inbox and is given up by a write of this round.</summary>
    private IEnumerable<DeadLetter> GivenUp(long sequence, long now) => _decided
        .Where(static operation => operation is { IsActive: true, WasAccepted: true, Pending: { Index: 0, Batch.Letter: not null } })
        .Select(operation => operation.Pending.Batch.Letter! with { Sequence = sequence, RecordedAt = now });

    /// <summary>The rows of the conflict inbox that the round makes: what waits with something that waits there is one question with it.</summary>
    private List<EntityRow> ParkedRows(LogState state, long sequence, long now)
    {
        if (!Array.Exists(_decided, static operation => operation.IsParked)) return [];
        var rows = new List<EntityRow>();
        var (entities, units) = (new Dictionary<(EntityKey, DeviceId), OperationId>(), new Dictionary<CommitUnit, OperationId>());
        foreach (var operation in _decided.Where(static operation => operation.IsParked).OrderBy(static operation => operation.Pending.Operation.Stamp))
        {
            var parked = operation.Pending.Operation;
            var key = (parked.Entity, parked.Device);
            if (!entities.TryGetValue(key, out var group) && !units.TryGetValue(operation.Unit, out group))
                group = GroupOf(operation.Unit) ?? parked.Id;
            entities[key] = units[operation.Unit] = group;
            rows.Add(ParkedOperation.Of(parked, group, now).ToRow(sequence));
        }

        return rows;

        OperationId? GroupOf(CommitUnit unit) => unit.Operations
            .Select(operation => state.Conflicts.GroupOf(operation.Entity, operation.Operation.Device)).FirstOrDefault(static found => found is not null);
    }

    private static Dictionary<string, TypeDigest>.ValueCollection DigestsOf(Round round, List<EntityRow> parked, LogState state)
    {
        var totals = new Dictionary<string, TypeDigest>(StringComparer.Ordinal);
        foreach (var (key, reply) in round.Replies)
        {
            if (reply.DigestDelta != 0 || reply.RowsDelta != 0) Add(key.Type, reply.DigestDelta, reply.RowsDelta);
        }

        foreach (var row in parked) Add(row.Key.Type, Digest.OfRow(row), 1);
        return totals.Values;

        void Add(string type, UInt128 digest, int rows)
        {
            var total = totals.TryGetValue(type, out var known) ? known : state.DigestOf(type);
            // Sums mod 2^128 wrap by design.
            totals[type] = total with { Digest = unchecked(total.Digest + digest), Rows = total.Rows + rows };
        }
    }

    private static long SizeOf(EntityRow row)
    {
        long bytes = RowOverhead + row.Key.Type.Length + row.Key.Id.Length;
        if (row.Deleted) return bytes;
        foreach (var field in row.Fields)
        {
            bytes += FieldOverhead + field.Name.Length + field switch
            {
                PlainField { Value: { } value } => value.Utf8.Length,
                SetFieldValue set => set.Entries.Sum(static entry =>
                    (entry.Element.Text?.Length ?? 0) + (1 + entry.Tags.Length) * FieldOverhead),
                _ => 0,
            };
        }

        return bytes;
    }
}
