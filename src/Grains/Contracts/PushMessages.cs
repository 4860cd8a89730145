using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Contracts;

/// <summary>One batch of one device, already validated; or exactly one transaction.</summary>
[GenerateSerializer, Immutable, Alias("orleanssync.push-batch")]
public sealed record PushBatch(
    [property: Id(0)] DeviceId Device,
    [property: Id(1)] ImmutableArray<Operation> Operations,
    // The batch's encoded size, which counts toward the queue's bound.
    [property: Id(2)] int Bytes);

/// <summary>One write of server code, already validated: one operation, or one transaction.</summary>
[GenerateSerializer, Immutable, Alias("orleanssync.write-request")]
public sealed record WriteRequest(
    [property: Id(0)] ImmutableArray<OperationDraft> Drafts,
    // Its encoded size, which counts toward the queue's bound.
    [property: Id(1)] int Bytes,
    // Of the parked operation that it gives up: kept by the commit in which it takes effect, whose sequence and time it gets.
    [property: Id(2)] DeadLetter? Letter = null);

[GenerateSerializer, Alias("orleanssync.push-status")]
public enum PushStatus
{
    /// <summary>Every operation has its outcome.</summary>
    Done = 1,

    /// <summary>The scope's queue is full; nothing was queued.</summary>
    Overloaded = 2,

    /// <summary>The store does not answer. Operations of the batch may or may not have been committed; sending again is safe.</summary>
    Unavailable = 3,

    /// <summary>The device is revoked or unknown; what of the batch was not committed before, never will be.</summary>
    DeviceRefused = 4,

    /// <summary>A counter is too far ahead of the scope's clock (see <see cref="PushReply.FaultIndex"/>); nothing was queued.</summary>
    CounterAhead = 5,
}

[GenerateSerializer, Immutable, Alias("orleanssync.push-reply")]
public sealed record PushReply(
    [property: Id(0)] PushStatus Status,
    // One an operation, in the batch's order; empty unless Done.
    [property: Id(1)] ImmutableArray<Outcome> Outcomes,
    [property: Id(2)] long Clock,
    // Overloaded and Unavailable: when to try again.
    [property: Id(3)] TimeSpan RetryAfter,
    [property: Id(4)] int FaultIndex);

/// <summary>A commit, for watchers: whole where it is small, otherwise only its number.</summary>
[GenerateSerializer, Immutable, Alias("orleanssync.commit-notice")]
public sealed record CommitNotice(
    [property: Id(0)] long Sequence,
    [property: Id(1)] bool Whole,
    // In order of (type, id); empty unless whole.
    [property: Id(2)] ImmutableArray<EntityRow> Rows,
    // Of all devices, with their device; empty unless whole.
    [property: Id(3)] ImmutableArray<DeviceOutcome> Outcomes,
    [property: Id(4)] long Clock,
    [property: Id(5)] Guid Lineage,
    // Of the types that it changed; empty unless whole.
    [property: Id(6)] ImmutableArray<TypeDigest> Digests,
    // Server time, milliseconds since 1970 UTC; 0: not a commit's, but a head that was read.
    [property: Id(7)] long CommittedAt = 0)
{
    /// <summary>A head that was read, for whoever missed the notices up to it.</summary>
    public static CommitNotice OfHead(long head) => new(head, Whole: false, [], [], Clock: 0, Guid.Empty, []);

    /// <summary>All that there is after a position, and nothing else: it can be handed on as it is.</summary>
    public bool Continues(Guid lineage, long sequence) => Whole && Sequence == sequence + 1 && Lineage == lineage;
}

[GenerateSerializer, Immutable, Alias("orleanssync.device-outcome")]
public readonly record struct DeviceOutcome([property: Id(0)] DeviceId Device, [property: Id(1)] Outcome Outcome);
