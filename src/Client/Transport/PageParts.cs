using OrleansSync.Client.OpLog;
using OrleansSync.Protocol.Encoded;

namespace OrleansSync.Client.Transport;

/// <summary>Puts the messages of a page together.</summary>
internal sealed class PageParts
{
    // Of one page, which a server that keeps to the protocol ends much sooner.
    private const int MaxParts = 64;

    private DecodingRows _rows = new();
    private List<OperationOutcome> _outcomes = [];

    /// <summary>The whole page, where this was the last part of it; otherwise <c>null</c>. Rows of one in several messages may still be being decoded.</summary>
    /// <exception cref="SyncException">The message does not fit; there is no page.</exception>
    public ChangePage? Add(Page? part)
    {
        if (_rows.Parts == MaxParts) throw SyncErrorCodes.DoesNotFit($"a page of more than {MaxParts} messages");
        if (part is not { Continued: true } && _rows.Parts == 0) return WireMessages.ReadPage(part);
        var page = WireMessages.ReadPage(part, _rows);
        if (part!.Continued && page.Complete) throw SyncErrorCodes.DoesNotFit("a complete page that goes on");
        _rows.Add(part);
        _outcomes.AddRange(page.Outcomes);
        if (part.Continued) return null;
        var whole = page with { Outcomes = _outcomes };
        (_rows, _outcomes) = (new DecodingRows(), []);
        return whole;
    }
}
