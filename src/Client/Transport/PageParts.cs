using OrleansSync.Client.OpLog;
using OrleansSync.Protocol.Encoded;

namespace OrleansSync.Client.Transport;

/// <summary>
/// Puts the messages of a page together. Each is decoded, and made ready for the disk, as it comes: while the server makes the next one.
/// </summary>
internal sealed class PageParts
{
    // Of one page, which a server that keeps to the protocol ends much sooner.
    private const int MaxParts = 64;

    private readonly List<ChangePage> _parts = [];

    /// <summary>The whole page, where this was the last part of it; otherwise <c>null</c>.</summary>
    /// <exception cref="SyncException">The message does not fit; there is no page.</exception>
    public ChangePage? Add(Page? part)
    {
        var page = WireMessages.ReadPage(part);
        if (_parts.Count == MaxParts) throw SyncErrorCodes.DoesNotFit($"a page of more than {MaxParts} messages");
        if (part!.Continued && page.Complete) throw SyncErrorCodes.DoesNotFit("a complete page that goes on");
        _parts.Add(page);
        if (part.Continued) return null;
        var whole = _parts.Count == 1 ? page : page with
        {
            Rows = [.. _parts.SelectMany(static one => one.Rows)],
            Outcomes = [.. _parts.SelectMany(static one => one.Outcomes)],
        };
        _parts.Clear();
        return whole;
    }
}
