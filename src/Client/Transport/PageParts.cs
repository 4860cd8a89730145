using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Transport;

/// <summary>
/// Puts the messages of a page together. Each is decoded, and made ready for the disk, as it comes: while the server makes the next one.
/// </summary>
internal sealed class PageParts
{
    // Of one page, which a server that keeps to the protocol ends much sooner.
    private const int MaxParts = 64;

    private readonly List<EncodedRow> _rows = [];
    private readonly List<OperationOutcome> _outcomes = [];
    private int _parts;

    /// <summary>The whole page, where this was the last part of it; otherwise <c>null</c>.</summary>
    /// <exception cref="SyncException">The message does not fit; there is no page.</exception>
    public ChangePage? Add(Page? part)
    {
        var page = WireMessages.ReadPage(part);
        if (_parts == 0 && !part!.Continued) return page;
        if (++_parts > MaxParts) throw SyncErrorCodes.DoesNotFit($"a page of more than {MaxParts} messages");
        if (part!.Continued && page.Complete) throw SyncErrorCodes.DoesNotFit("a complete page that goes on");
        _rows.AddRange(page.Rows);
        _outcomes.AddRange(page.Outcomes);
        if (part.Continued) return null;
        var whole = page with { Rows = [.. _rows], Outcomes = [.. _outcomes] };
        _parts = 0;
        _rows.Clear();
        _outcomes.Clear();
        return whole;
    }
}
