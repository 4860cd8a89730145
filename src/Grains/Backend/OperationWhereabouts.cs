using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Backend;

/// <summary>Where an operation is: on record or not, and which of the user's devices have it.</summary>
/// <param name="Record">What the journal says; <c>null</c>: it has not arrived, or the journal has lost it by its age.</param>
/// <param name="IsDeadLetter">It was refused, and its dead letter is still there.</param>
/// <param name="Head">The last commit of the user's log.</param>
/// <param name="JournalSince">What was committed before may have left the journal; milliseconds since 1970 UTC.</param>
/// <param name="Devices">
/// All of the user's, with what they last told of themselves: where an operation has not arrived, the queue it may wait in.
/// </param>
[GenerateSerializer, Immutable, Alias("orleanssync.operation-whereabouts")]
public sealed record OperationWhereabouts(
    [property: Id(0)] OperationRecord? Record,
    [property: Id(1)] bool IsDeadLetter,
    [property: Id(2)] long Head,
    [property: Id(3)] long JournalSince,
    [property: Id(4)] ImmutableArray<DeviceWhereabouts> Devices);

/// <summary>What the journal says of an operation.</summary>
/// <param name="Device">Who wrote it; <see cref="DeviceId.Backend"/>: server code.</param>
/// <param name="Entity">What it is about.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Counter">Of its logical timestamp.</param>
/// <param name="Outcome">What became of it, and the commit that recorded it.</param>
/// <param name="CommittedAt">Of that commit, by the store's clock; milliseconds since 1970 UTC.</param>
/// <param name="DeviceHasOutcome">The writer has told that it has this outcome.</param>
[GenerateSerializer, Immutable, Alias("orleanssync.operation-record")]
public sealed record OperationRecord(
    [property: Id(0)] DeviceId Device,
    [property: Id(1)] EntityKey Entity,
    [property: Id(2)] OperationKind Kind,
    [property: Id(3)] long Counter,
    [property: Id(4)] Outcome Outcome,
    [property: Id(5)] long CommittedAt,
    [property: Id(6)] bool DeviceHasOutcome);

/// <summary>Whether a device has what an operation did. It is about the types that the device subscribes to.</summary>
[GenerateSerializer, Alias("orleanssync.possession")]
public enum Possession
{
    /// <summary>Nothing was heard of how far the device has come.</summary>
    Unknown = 0,

    /// <summary>On its disk: it has presented a cursor that is not below the commit.</summary>
    Has = 1,

    /// <summary>Written to its stream; its next cursor tells whether it has arrived.</summary>
    Sent = 2,

    /// <summary>Not when it was last heard of.</summary>
    NotYet = 3,

    /// <summary>There is nothing to have: the operation was refused, or is not on record.</summary>
    Nothing = 4,
}

/// <summary>A device, and whether it has the operation, as of what was last heard of it.</summary>
/// <param name="Info">The device, what it told of itself, and how far it has come in the lineage of now.</param>
/// <param name="Possession">Whether it has the operation.</param>
[GenerateSerializer, Immutable, Alias("orleanssync.device-whereabouts")]
public sealed record DeviceWhereabouts([property: Id(0)] DeviceInfo Info, [property: Id(1)] Possession Possession);
