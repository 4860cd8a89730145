using OrleansSync.Client.OpLog;
using OrleansSync.Core;

namespace OrleansSync.Client.Sync;

/// <summary>What one push has done so far, over however many streams it needs.</summary>
internal sealed class PushProgress(long through)
{
    /// <summary>
    /// The highest counter that may be taken. A push carries what was pending when it began; without an end a writer that
    /// never rests would be pushed as fast as the network answers, past the debounce.
    /// </summary>
    public long Through { get; } = through;

    public int Answered { get; private set; }

    /// <summary>Operations that were there when it turned out that one batch is not enough; <c>null</c>: it was enough so far.</summary>
    public long? Total { get; set; }

    /// <summary>The commit that an accepted or refused operation was recorded in; the highest of them.</summary>
    public long HighestSequence { get; private set; }

    /// <summary>Entities that wait for a later push because the server could not take their operations.</summary>
    public HashSet<EntityKey> SetAside { get; } = [];

    public int Failures { get; private set; }

    public SyncException? LastFailure { get; private set; }

    public void NoteFailed(IReadOnlyList<Operation> operations, SyncException failure)
    {
        (Failures, LastFailure) = (Failures + 1, failure);
        foreach (var operation in operations) SetAside.Add(operation.Entity);
    }

    public void NoteAnswered(IReadOnlyList<OperationOutcome> outcomes)
    {
        Answered += outcomes.Count;
        foreach (var outcome in outcomes) HighestSequence = Math.Max(HighestSequence, outcome.Outcome.Sequence);
    }
}

/// <summary>How a push ended.</summary>
/// <param name="HighestSequence">Everything it sent has its effect at or below this commit.</param>
/// <param name="Remaining">Operations are left, and another push can send some of them.</param>
/// <param name="Failure">The server could not take some of the operations; they wait for a later attempt.</param>
internal sealed record PushResult(long HighestSequence, bool Remaining, SyncException? Failure);
