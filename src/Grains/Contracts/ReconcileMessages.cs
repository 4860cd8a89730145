using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Contracts;

/// <summary>How closely the rows of a type are looked at; see <see cref="IdHash"/>.</summary>
[GenerateSerializer, Alias("orleanssync.scan-level")]
public enum ScanLevel
{
    /// <summary>Digests of the type's buckets.</summary>
    Buckets = 1,

    /// <summary>Digests of the sub-buckets of some buckets.</summary>
    SubBuckets = 2,

    /// <summary>Ids, sequences and digests of the rows of some sub-buckets.</summary>
    Ids = 3,
}

/// <summary>Asks for a slice of a type's live rows, in the order of their sequences.</summary>
[GenerateSerializer, Immutable, Alias("orleanssync.scan-request")]
public sealed record ScanRequest(
    [property: Id(0)] Guid Lineage,
    // Rows above it are left out: who asks does not have them yet.
    [property: Id(1)] long Through,
    [property: Id(2)] string Type,
    [property: Id(3)] ScanLevel Level,
    // The buckets or sub-buckets looked into; empty where all are.
    [property: Id(4)] ImmutableArray<int> Of,
    // The last row of the slice before; 0: the first slice.
    [property: Id(5)] long AfterSequence,
    [property: Id(6)] string AfterId);

[GenerateSerializer, Immutable, Alias("orleanssync.scan-reply")]
public sealed record ScanReply(
    [property: Id(0)] FeedStatus Status,
    // The head that the slice was read at.
    [property: Id(1)] long Head,
    // No rows are left; otherwise the next slice starts after the row below.
    [property: Id(2)] bool Done,
    [property: Id(3)] long LastSequence,
    [property: Id(4)] string LastId,
    // Of the buckets or sub-buckets that have rows in the slice.
    [property: Id(5)] ImmutableArray<BucketSum> Sums,
    [property: Id(6)] ImmutableArray<RowSum> Rows,
    // Live rows up to the cursor in this slice, whatever was asked of them.
    [property: Id(7)] long Count,
    // What the scope says of the type, on a last slice whose head is the cursor.
    [property: Id(8)] TypeDigest? Stored);

[GenerateSerializer, Immutable, Alias("orleanssync.bucket-sum")]
public readonly record struct BucketSum([property: Id(0)] int Bucket, [property: Id(1)] UInt128 Digest);

[GenerateSerializer, Immutable, Alias("orleanssync.row-sum")]
public readonly record struct RowSum([property: Id(0)] string Id, [property: Id(1)] long Sequence, [property: Id(2)] UInt128 Digest);

[GenerateSerializer, Immutable, Alias("orleanssync.rows-reply")]
public sealed record RowsReply(
    [property: Id(0)] FeedStatus Status,
    [property: Id(1)] long Head,
    // Tombstones too; those that there are not are left out.
    [property: Id(2)] ImmutableArray<EntityRow> Rows);
