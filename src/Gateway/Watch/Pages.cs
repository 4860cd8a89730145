using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;
using TypeDigest = OrleansSync.Grains.Storage.TypeDigest;

namespace OrleansSync.Gateway.Watch;

/// <summary>Makes the pages that devices read, out of what the feed and the notices say.</summary>
/// <param name="schema">Says which types need the latest edits.</param>
/// <param name="messageRows">So few that a device begins early, so many that a message more costs next to nothing.</param>
internal sealed class Pages(SyncSchema schema, int messageRows = 125)
{
    // Devices take 64 for a page.
    private const int MostMessages = 40;

    // A power of two. Of the commits that are being told of just now; one that finds its place taken is made anew.
    private const int SharedPlaces = 64;

    private readonly SharedPage?[] _shared = new SharedPage?[SharedPlaces];

    /// <summary>One page, in messages of few rows, each made when it is asked for: a device reads one while the next is made.</summary>
    public IEnumerable<Page> Of(FeedPage feed)
    {
        var sent = 0;
        var rows = Math.Max(messageRows, (feed.Stored.Count + MostMessages - 1) / MostMessages);
        foreach (var part in feed.Stored.Decode().Chunk(rows).DefaultIfEmpty([]))
        {
            var page = PageMapping.ToWire(part, sent == 0 ? feed.Outcomes : [], schema);
            sent += part.Length;
            page.Head = feed.Head;
            page.Clock = feed.Clock;
            page.Continued = sent < feed.Stored.Count;
            yield return page.Continued ? page : Last(page, feed);
        }
    }

    private static Page Last(Page page, FeedPage feed)
    {
        page.PageToken = Google.Protobuf.ByteString.CopyFrom(feed.PageToken.AsSpan());
        if (!feed.Complete) return page;
        page.Complete = true;
        page.Cursor = CursorMapping.ToWire(feed.Lineage, feed.Head);
        Add(page, feed.Digests);
        return page;
    }

    /// <summary>
    /// One commit, as a device sees it: rows of its types, outcomes of its own operations. It moves the cursor also where
    /// neither is in it. Do not change it: other devices of the user may be sent the same one.
    /// </summary>
    public Page Of(CommitNotice notice, FeedPosition position)
    {
        if (notice.Outcomes.Any(outcome => outcome.Device == position.Device)) return Make(notice, position);
        // Written by many streams without a lock: a place holds one commit or another.
        ref var place = ref _shared[RuntimeHelpers.GetHashCode(notice) & (SharedPlaces - 1)];
        if (place is { } shared && ReferenceEquals(shared.Notice, notice) && shared.Types.AsSpan().SequenceEqual(position.Types.AsSpan())) return shared.Page;
        var page = Make(notice, position);
        place = new SharedPage(notice, position.Types, page);
        return page;
    }

    private Page Make(CommitNotice notice, FeedPosition position)
    {
        var types = position.Types;
        var page = PageMapping.ToWire(
            notice.Rows.Where(row => types.IsEmpty || types.Contains(row.Key.Type, StringComparer.Ordinal)),
            notice.Outcomes.Where(outcome => outcome.Device == position.Device).Select(static outcome => outcome.Outcome),
            schema);
        page.Head = notice.Sequence;
        page.Clock = notice.Clock;
        page.Complete = true;
        page.Cursor = CursorMapping.ToWire(notice.Lineage, notice.Sequence);
        // A silo of an earlier version tells none.
        if (notice.Digests.IsDefault) return page;
        Add(page, notice.Digests.Where(digest => types.IsEmpty || types.Contains(digest.Type, StringComparer.Ordinal)));
        return page;
    }

    private static void Add(Page page, IEnumerable<TypeDigest> digests)
    {
        foreach (var digest in digests) page.Digests.Add(PageMapping.ToWire(digest.Type, digest.Digest, digest.Rows));
    }

    /// <summary>What devices that want the same types see of a commit without outcomes of theirs.</summary>
    private sealed record SharedPage(CommitNotice Notice, ImmutableArray<string> Types, Page Page);
}
