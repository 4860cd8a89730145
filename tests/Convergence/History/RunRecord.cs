using OrleansSync.Client;
using OrleansSync.Client.OpLog;
using OrleansSync.Convergence.Tests.Checkers;
using OrleansSync.Convergence.Tests.Devices;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.History;

/// <summary>An operation as its device wrote it, and what its device was told became of it.</summary>
internal sealed class WrittenOperation(Operation operation, int device, long writtenAt)
{
    public Operation Operation { get; } = operation;

    public int Device { get; } = device;

    /// <summary>The device's time, milliseconds since 1970 UTC.</summary>
    public long WrittenAt { get; } = writtenAt;

    public JournalEntry? Entry { get; set; }

    /// <summary>The journal has it, and it is in the row or was superseded there.</summary>
    public bool WasAccepted => Entry is { Outcome: not (OutcomeKind.Rejected or OutcomeKind.Parked) };

    public Outcome? Told { get; set; }

    public bool Acknowledged { get; set; }

    public override string ToString() => $"d{Device}:{Operation.Counter} ({Operation.Kind} {Operation.Entity})";
}

/// <summary>
/// Keeps what a run's parts report, and hands it to the checkers as it comes: what was written, committed, answered, told and
/// seen.
/// </summary>
internal sealed class RunRecord(Trace trace, SyncSchema schema)
{
    private static readonly string[] Outcomes = Enum.GetNames<OutcomeKind>();

    private readonly Dictionary<OperationId, WrittenOperation> _operations = [];
    private readonly List<WrittenOperation> _inOrder = [];
    private readonly List<Violation> _violations = [];

    public Trace Trace { get; } = trace;

    public SyncSchema Schema { get; } = schema;

    public Oracle Oracle { get; } = new(schema);

    public IReadOnlyList<WrittenOperation> Operations => _inOrder;

    public List<ScopeCommit> Commits { get; } = [];

    public IReadOnlyList<Violation> Violations => _violations;

    public IReadOnlyList<Checker> Checkers { get; set; } = [];

    /// <summary>Devices that the plan has revoked.</summary>
    public HashSet<int> Revoked { get; } = [];

    /// <summary>The head at the last purge: entries of the journal up to it may be gone.</summary>
    public long PurgedThrough { get; private set; }

    public WrittenOperation? Find(OperationId id) => _operations.GetValueOrDefault(id);

    public void Report(Violation violation)
    {
        _violations.Add(violation);
        Trace.Add("checker", violation.ToString(), violation.Operation?.Device ?? -1, violation.Operation?.Operation.Counter ?? 0);
    }

    public void Started(SimulatedDevice device) => Trace.Add(device.Name, "started", device.Number);

    public void Wrote(SimulatedDevice device, IReadOnlyList<Operation> operations, DateTimeOffset at)
    {
        foreach (var operation in operations)
        {
            var written = new WrittenOperation(operation, device.Number, at.ToUnixTimeMilliseconds());
            _operations.Add(operation.Id, written);
            _inOrder.Add(written);
            device.Uncovered.Add(written);
            Trace.Add(device.Name, $"wrote {operation.Kind} {NameOf(operation.Entity)}", device.Number, operation.Counter);
        }

        // A question is named by an operation's id, which is random.
        static string NameOf(EntityKey entity) => entity.Type == ParkedOperation.Type ? entity.Type : $"{entity}";
    }

    /// <summary>Operations of a device have become part of others, which are now as the device's log has them.</summary>
    public void Compacted(SimulatedDevice device, IReadOnlyList<AbsorbedOperation> absorbed, Func<OperationId, Operation> read)
    {
        foreach (var (operation, into) in absorbed)
        {
            var gone = _operations[operation];
            _operations.Remove(operation);
            _inOrder.Remove(gone);
            device.Uncovered.Remove(gone);
            Trace.Add(device.Name, into is null ? "became nothing" : "became part of another", device.Number, gone.Operation.Counter);
        }

        foreach (var id in absorbed.Select(static one => one.Into).OfType<OperationId>().Distinct())
        {
            var before = _operations[id];
            var after = new WrittenOperation(read(id), before.Device, before.WrittenAt);
            _operations[id] = after;
            _inOrder[_inOrder.IndexOf(before)] = after;
            device.Uncovered[device.Uncovered.IndexOf(before)] = after;
        }
    }

    public void Sent(SimulatedDevice device, IReadOnlyList<Operation> operations)
    {
        foreach (var operation in operations) Trace.Add(device.Name, "sent", device.Number, operation.Counter);
    }

    public void Committed(ScopeCommit commit)
    {
        Trace.Add("store", "commit", -1, 0, commit.Sequence);
        foreach (var entry in commit.Operations)
        {
            if (Find(entry.Operation) is not { } written) continue;
            Trace.Add("store", Outcomes[(int)entry.Outcome - 1], written.Device, entry.Counter, entry.Sequence);
        }

        Commits.Add(commit);
        foreach (var checker in Checkers) checker.OnCommit(commit);
        foreach (var entry in commit.Operations)
        {
            if (Find(entry.Operation) is { } written) written.Entry ??= entry;
        }
    }

    public void Purged(Grains.Storage.ChangePage left)
    {
        Trace.Add("store", "purged", -1, 0, left.State.Horizon);
        PurgedThrough = left.State.Head;
        Oracle.Purged(left.Rows);
    }

    public void RefusedCommit(ScopeCommit commit)
    {
        Trace.Add("store", "refused", -1, 0, commit.Sequence);
        foreach (var checker in Checkers) checker.OnRefusedCommit(commit);
    }

    public void Answered(PushReply reply)
    {
        if (reply.Status != PushStatus.Done) return;
        foreach (var outcome in reply.Outcomes)
        {
            // A repetition that its device has had the first outcome of: nobody waits for this one.
            if (outcome.Reason == RejectionReason.StaleReplay && Find(outcome.Operation)?.Entry?.Sequence <= PurgedThrough) continue;
            foreach (var checker in Checkers) checker.OnAnswer(outcome);
        }
    }

    public void Told(SimulatedDevice device, IReadOnlyList<Outcome> outcomes, bool acknowledged)
    {
        foreach (var outcome in outcomes)
        {
            if (Find(outcome.Operation) is not { } written) continue;
            Trace.Add(device.Name, acknowledged ? "acknowledged" : "told", written.Device, written.Operation.Counter, outcome.Sequence);
            if (outcome.Kind == OutcomeKind.Rejected) Trace.Add(device.Name, "refused for good", written.Device, written.Operation.Counter);
            if (written.Told is null)
            {
                written.Told = outcome;
                device.NoteTold(written);
            }

            written.Acknowledged |= acknowledged;
            foreach (var checker in Checkers) checker.OnAnswer(outcome);
        }
    }

    /// <summary>A device is back where its disk last had everything; what it was told since, it does not know any more.</summary>
    public void CutPower(SimulatedDevice device, IReadOnlyList<WrittenOperation> forgotten)
    {
        foreach (var written in forgotten) written.Told = null;
        device.Uncovered.Clear();
        device.Uncovered.AddRange(_inOrder.Where(written => written.Device == device.Number));
        foreach (var checker in Checkers) checker.OnPowerCut(device);
    }

    public void Saw(DeviceView view)
    {
        foreach (var checker in Checkers) checker.OnView(view);
    }

    public void Refused(SimulatedDevice device, SyncException refused)
    {
        Trace.Add(device.Name, $"refused: {refused.Code}", device.Number);
        if (Revoked.Contains(device.Number)) return;
        Report(new Violation(Verdict.Stuck, "Refusal", $"{device.Name} is refused though nobody revoked or copied it: {refused.Message}", null));
    }
}
