using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansSync.Core;

namespace OrleansSync.Grains.Contracts;

/// <summary>One per entity; keyed by scope, type and id (see EntityGrainKey). Merges; never writes to the store.</summary>
[Alias("orleanssync.entity"), GrainInterfaceType("orleanssync.entity")]
public interface IEntityGrain : IGrainWithStringKey
{
    /// <summary>Merges operations into the row and stages the result under (epoch, sequence, attempt).</summary>
    [Alias("merge"), ResponseTimeout("00:00:05")]
    Task<MergeReply> MergeAsync(MergeRequest request);
}

/// <summary>A staging that must not be promoted: its round was given up.</summary>
[GenerateSerializer, Immutable, Alias("orleanssync.attempt")]
public readonly record struct Attempt([property: Id(0)] long Sequence, [property: Id(1)] int Number);

[GenerateSerializer, Immutable, Alias("orleanssync.merge-request")]
public sealed record MergeRequest(
    [property: Id(0)] long Epoch,
    [property: Id(1)] long Sequence,
    [property: Id(2)] int Attempt,
    // This epoch's abandoned attempts, at most 64, and those of this entity that a later one of the same round replaced.
    [property: Id(3)] ImmutableArray<Attempt> Abandoned,
    // In timestamp order. Empty: drop what was staged for this sequence.
    [property: Id(4)] ImmutableArray<Operation> Operations,
    // Server time, milliseconds since 1970 UTC.
    [property: Id(5)] long CommittedAt,
    // Every commit of the entity from this sequence on was merged by its grain; what a grain has from before is out of date.
    [property: Id(6)] long CalledSince,
    // What a restored server has lost, see SequenceGap; 0 and 0: nothing.
    [property: Id(7)] long LostAfter = 0,
    [property: Id(8)] long LostThrough = 0);

[GenerateSerializer, Immutable, Alias("orleanssync.merge-reply")]
public sealed record MergeReply(
    // False: the call is older than one already seen, or the row is from a later commit; the caller is stale.
    [property: Id(0)] bool InOrder,
    // Sequence of the committed row it was merged from; 0: absent.
    [property: Id(1)] long Expected,
    // The row to commit; null where no operation touched it.
    [property: Id(2)] EntityRow? Row,
    // Change of the type's digest and of its number of live rows.
    [property: Id(3)] UInt128 DigestDelta,
    [property: Id(4)] int RowsDelta,
    // One an operation.
    [property: Id(5)] ImmutableArray<MergedOperation> Operations);

[GenerateSerializer, Immutable, Alias("orleanssync.merged-operation")]
public readonly record struct MergedOperation(
    [property: Id(0)] OutcomeKind Kind,
    [property: Id(1)] RejectionReason Reason,
    [property: Id(2)] bool Concurrent,
    // What a resolver failed with, bounded; for the operators.
    [property: Id(3)] string? Message = null);
