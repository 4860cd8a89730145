using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Contracts;

/// <summary>Reads pages of a scope's changes; a stateless worker, so reads never queue behind writes. Keyed by scope.</summary>
[Alias("orleanssync.feed"), GrainInterfaceType("orleanssync.feed")]
public interface IFeedGrain : IGrainWithStringKey
{
    [Alias("read"), ResponseTimeout("00:00:05")]
    Task<FeedPage> ReadAsync(FeedRequest request);

    /// <summary>A slice of a type's rows, as digests.</summary>
    [Alias("scan"), ResponseTimeout("00:00:05")]
    Task<ScanReply> ScanAsync(ScanRequest request);

    /// <summary>Rows by their ids, as they are now.</summary>
    [Alias("load-rows"), ResponseTimeout("00:00:05")]
    Task<RowsReply> LoadRowsAsync(Guid lineage, string type, ImmutableArray<string> ids);

    /// <summary>Replaces the totals of a type by those that its rows have at this head; false: the head is another one by now.</summary>
    [Alias("mend-digest"), ResponseTimeout("00:00:05")]
    Task<bool> MendDigestAsync(long head, TypeDigest digest);
}

[GenerateSerializer, Immutable, Alias("orleanssync.feed-request")]
public sealed record FeedRequest(
    [property: Id(0)] DeviceId Device,
    // The cursor the device holds; empty lineage: none.
    [property: Id(1)] Guid Lineage,
    [property: Id(2)] long Sequence,
    [property: Id(3)] ImmutableArray<string> Types,
    // From the page before; empty: the first.
    [property: Id(4)] ImmutableArray<byte> PageToken);

[GenerateSerializer, Alias("orleanssync.feed-status")]
public enum FeedStatus
{
    Ok = 1,

    /// <summary>The cursor is of another lineage.</summary>
    LineageChanged = 2,

    /// <summary>The cursor, or the bootstrap's first head, lies below the horizon.</summary>
    CursorExpired = 3,

    /// <summary>The cursor is above the head.</summary>
    CursorAhead = 4,

    /// <summary>The page token is none of ours, or of another cursor.</summary>
    PageTokenInvalid = 5,

    /// <summary>The store does not answer; try again.</summary>
    Unavailable = 6,
}

[GenerateSerializer, Immutable, Alias("orleanssync.feed-page")]
public sealed record FeedPage(
    [property: Id(0)] FeedStatus Status,
    [property: Id(1)] StoredRows Stored,
    [property: Id(2)] ImmutableArray<Outcome> Outcomes,
    [property: Id(3)] bool Complete,
    [property: Id(4)] Guid Lineage,
    [property: Id(5)] long Head,
    [property: Id(6)] long Clock,
    [property: Id(7)] ImmutableArray<byte> PageToken,
    [property: Id(8)] ImmutableArray<TypeDigest> Digests)
{
    /// <summary>The rows, decoded at each call.</summary>
    public ImmutableArray<EntityRow> Rows => [.. Stored.Decode()];
}
