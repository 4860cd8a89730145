using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>A batch between its arrival and its answer.</summary>
internal sealed class PendingBatch
{
    private readonly TaskCompletionSource<PushReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Made when they are asked for, which is when a round takes them: most of what is in flight only waits, and collections move it.
    private readonly Func<PendingBatch, PendingOperation[]> _make;
    private PendingOperation[]? _operations;
    private List<CommitUnit>? _units;
    private int _unanswered;

    public PendingBatch(PushBatch batch)
    {
        (Device, Bytes, Count) = (batch.Device, batch.Bytes, batch.Operations.Length);
        _make = made => [.. batch.Operations.Select((operation, index) => new PendingOperation(operation, made, index))];
        _unanswered = Count;
    }

    /// <summary>A write of server code.</summary>
    public PendingBatch(WriteRequest write)
    {
        (Device, Bytes, Count, Letter) = (DeviceId.Backend, write.Bytes, write.Drafts.Length, write.Letter);
        var contentHash = OperationDraft.ContentHash(write.Drafts);
        _make = made => [.. write.Drafts.Select((draft, index) => new PendingOperation(draft, contentHash, made, index))];
        _unanswered = Count;
    }

    public DeviceId Device { get; }

    /// <summary>Its operations are drafts, and one transaction where they are several.</summary>
    public bool IsWrite => Device == DeviceId.Backend;

    public int Bytes { get; }

    /// <summary>Of a write that gives up a parked operation.</summary>
    public DeadLetter? Letter { get; }

    /// <summary>How many operations it has.</summary>
    public int Count { get; }

    public IReadOnlyList<PendingOperation> Operations => _operations ??= _make(this);

    public IReadOnlyList<CommitUnit> Units => _units ??= CommitUnit.Of(Operations);

    public Task<PushReply> Reply => _reply.Task;

    public bool IsOver => _reply.Task.IsCompleted;

    /// <summary>True: that was the batch's last outcome, and the caller has its answer.</summary>
    public bool OnAnswered(long clock)
    {
        if (--_unanswered > 0) return false;
        return _reply.TrySetResult(new PushReply(
            PushStatus.Done, [.. Operations.Select(static operation => operation.Outcome!.Value)], clock, TimeSpan.Zero, -1));
    }

    public bool Fail(PushReply reply) => _reply.TrySetResult(reply);
}

/// <summary>An operation between its arrival and its outcome.</summary>
internal sealed class PendingOperation(Operation operation, PendingBatch batch, int index)
{
    private UInt128? _contentHash;
    private List<PendingOperation>? _duplicates;

    public PendingOperation(OperationDraft draft, UInt128 contentHash, PendingBatch batch, int index)
        : this(draft.Operation, batch, index) => (Draft, _contentHash) = (draft, contentHash);

    /// <summary>What it is made of anew in each round; <c>null</c>: it is a device's.</summary>
    public OperationDraft? Draft { get; }

    /// <summary>Of a draft, as it was placed last.</summary>
    public Operation Operation { get; private set; } = operation;

    public PendingBatch Batch { get; } = batch;

    public int Index { get; } = index;

    public UInt128 ContentHash => _contentHash ??= OperationEncoding.ContentHash(Operation);

    /// <summary>The outcome, once it is final.</summary>
    public Outcome? Outcome { get; set; }

    /// <summary>The same operation arrived before and has no outcome yet: this one shares it.</summary>
    public PendingOperation? Original { get; set; }

    /// <summary>Its id is that of another operation under way, with other content or of another device.</summary>
    public bool IsReused { get; set; }

    /// <summary>Those that share this one's outcome.</summary>
    public IReadOnlyList<PendingOperation> Duplicates => _duplicates ?? (IReadOnlyList<PendingOperation>)[];

    public void Place(Operation placed) => Operation = placed;

    public void AddDuplicate(PendingOperation duplicate) => (_duplicates ??= []).Add(duplicate);

    /// <summary>It takes part in a round: it has no outcome, and no earlier copy of it is under way.</summary>
    public bool IsFresh => Outcome is null && Original is null;

    public EntityKey Entity => Operation.Entity;

    /// <summary>Later than another operation of the same device.</summary>
    public bool IsAfter(PendingOperation other) => Operation.Counter != other.Operation.Counter
        ? Operation.Counter > other.Operation.Counter
        : Batch == other.Batch && Index > other.Index;
}

/// <summary>What commits whole or not at all: a transaction, or an operation that is in none.</summary>
internal sealed class CommitUnit(PendingBatch batch, IReadOnlyList<PendingOperation> operations)
{
    // Asked for once the unit is whole.
    private bool? _isResolution;

    public PendingBatch Batch { get; } = batch;

    public IReadOnlyList<PendingOperation> Operations { get; } = operations;

    /// <summary>It is a write of server code.</summary>
    public bool IsWrite => Batch.IsWrite;

    /// <summary>It settles a conflict: what it writes was decided on what somebody saw, so it meets that or is refused.</summary>
    public bool IsResolution => _isResolution ??= Operations.Any(static operation => operation.Entity.Type == ParkedOperation.Type);

    public bool IsUnderWay => !Batch.IsOver && FreshOperations() > 0;

    /// <summary>Alone in a round, it could not be stored.</summary>
    public bool Unstorable { get; set; }

    /// <summary>Some of it has its outcome from elsewhere: what is fresh in it cannot commit with the rest any more.</summary>
    public bool IsTorn => FreshOperations() is var fresh && fresh > 0 && fresh < Operations.Count;

    public static List<CommitUnit> Of(IReadOnlyList<PendingOperation> operations)
    {
        var units = new List<CommitUnit>(operations.Count);
        Dictionary<TransactionId, List<PendingOperation>>? transactions = null;
        foreach (var operation in operations)
        {
            if (operation.Operation.Transaction is not { Id: var id })
            {
                units.Add(new(operation.Batch, [operation]));
            }
            else if ((transactions ??= []).TryGetValue(id, out var members))
            {
                members.Add(operation);
            }
            else
            {
                transactions.Add(id, members = [operation]);
                units.Add(new(operation.Batch, members));
            }
        }

        return units;
    }

    /// <summary>The operations of units, most of which have one.</summary>
    public static IEnumerable<PendingOperation> OperationsOf(IEnumerable<CommitUnit> units)
    {
        foreach (var unit in units)
        {
            for (var i = 0; i < unit.Operations.Count; i++) yield return unit.Operations[i];
        }
    }

    private int FreshOperations()
    {
        var fresh = 0;
        for (var i = 0; i < Operations.Count; i++)
        {
            if (Operations[i].IsFresh) fresh++;
        }

        return fresh;
    }
}
