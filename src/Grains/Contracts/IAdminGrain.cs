using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Contracts;

/// <summary>What operators see and do about one user; keyed by the user id. Replays and discards come one after the other.</summary>
/// <exception cref="StoreUnavailableException">Any method: the store does not answer; calling again is safe.</exception>
[Alias("orleanssync.admin"), GrainInterfaceType("orleanssync.admin")]
public interface IAdminGrain : IGrainWithStringKey
{
    [Alias("list-dead-letters"), AlwaysInterleave, ResponseTimeout("00:00:05")]
    Task<DeadLetterPage> ListDeadLettersAsync(DeadLetterPosition? before, int limit);

    /// <summary><c>null</c>: there is none.</summary>
    [Alias("find-dead-letter"), AlwaysInterleave, ResponseTimeout("00:00:05")]
    Task<DeadLetter?> FindDeadLetterAsync(OperationId operation);

    /// <summary>As often as it is called: of one dead letter one replay has an effect.</summary>
    [Alias("replay-dead-letter")]
    Task<ReplayReply> ReplayDeadLetterAsync(ReplayRequest request);

    /// <summary>False: there was none.</summary>
    [Alias("discard-dead-letter")]
    Task<bool> DiscardDeadLetterAsync(OperationId operation);

    [Alias("where-is"), AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<OperationWhereabouts> WhereIsAsync(OperationId operation);
}

/// <summary>A dead letter to replay, already validated.</summary>
[GenerateSerializer, Immutable, Alias("orleanssync.replay-request")]
public sealed record ReplayRequest(
    [property: Id(0)] OperationId Letter,
    // What to write: kind, entity and changes count, the rest is set when it is placed.
    [property: Id(1)] Operation Wanted,
    // An update makes the entity where it is not there.
    [property: Id(2)] bool AsCreate);

[GenerateSerializer, Alias("orleanssync.replay-status")]
public enum ReplayStatus
{
    /// <summary>It took place now or before; the letter is gone.</summary>
    Replayed = 1,

    /// <summary>It was refused again; the letter stays.</summary>
    Refused = 2,

    /// <summary>There is no such letter.</summary>
    NotFound = 3,

    /// <summary>It was replayed as often as a letter can be.</summary>
    Exhausted = 4,

    /// <summary>The store does not answer or the queue is full: it may have taken place, and calling again is safe.</summary>
    Unavailable = 5,
}

[GenerateSerializer, Immutable, Alias("orleanssync.replay-reply")]
public sealed record ReplayReply(
    [property: Id(0)] ReplayStatus Status,
    // Replayed and Refused: what became of the operation that the replay wrote.
    [property: Id(1)] Outcome Outcome,
    // Replayed: by an earlier call.
    [property: Id(2)] bool Before,
    // Unavailable: when to try again.
    [property: Id(3)] TimeSpan RetryAfter)
{
    public static ReplayReply Without(ReplayStatus status, TimeSpan retryAfter = default) => new(status, default, false, retryAfter);
}
