using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>Where a scope stands.</summary>
/// <param name="Epoch">The fencing token in force.</param>
/// <param name="Head">Last committed sequence, or the highest one that is left out; 0: none.</param>
/// <param name="LastCommit">Id of the commit at the head; empty: none.</param>
/// <param name="Clock">The highest counter seen.</param>
/// <param name="Lineage">Changes when the server is restored to an earlier point.</param>
/// <param name="Horizon">Tombstones below this sequence are purged.</param>
/// <param name="Lost">Sequences that the last restore has left out.</param>
public sealed record ScopeState(long Epoch, long Head, Guid LastCommit, long Clock, Guid Lineage, long Horizon, SequenceGap Lost = default);

/// <summary>The answer to a claim: the state with the new epoch, and what the owner keeps in memory.</summary>
public sealed record ScopeClaim(ScopeState State, ImmutableArray<DeviceRecord> Devices, ImmutableArray<TypeDigest> Digests);

/// <summary>A device of a scope.</summary>
/// <param name="Device">Its id.</param>
/// <param name="Number">Its number within the scope, from 1: what the journal stores.</param>
/// <param name="Counter">The highest counter of its committed operations.</param>
/// <param name="DoneBelow">It has the outcome of every operation with a counter below this one.</param>
/// <param name="Session">Its session tokens.</param>
/// <param name="RegisteredAt">Milliseconds since 1970 UTC.</param>
/// <param name="Revoked">It neither writes nor reads any more.</param>
public sealed record DeviceRecord(
    DeviceId Device, int Number, long Counter, long DoneBelow, DeviceSession Session, long RegisteredAt, bool Revoked);

/// <summary>
/// SHA-256 of the token the device has proved to hold, and those of the ones it was given since, oldest first; empty: none. Both are empty
/// where the server was restored since: which token the device holds is not known any more.
/// </summary>
public sealed record DeviceSession(ImmutableArray<byte> Proved, ImmutableArray<byte> Pending)
{
    public bool Equals(DeviceSession? other) =>
        other is not null && Proved.AsSpan().SequenceEqual(other.Proved.AsSpan()) && Pending.AsSpan().SequenceEqual(other.Pending.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Proved.Length, Pending.Length == 0 ? 0 : Pending[0]);
}
