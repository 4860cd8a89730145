using System.Collections;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Protocol.Encoded;

namespace OrleansSync.Client.Transport;

/// <summary>
/// Rows of a page that comes in several messages. The pool decodes those of a message, and makes them ready for the disk, as it comes; whoever
/// needs rows that nobody has begun with does it himself. So rows go to the disk while later ones are still being decoded.
/// </summary>
internal sealed class DecodingRows : IReadOnlyCollection<EncodedRow>
{
    private readonly List<Lazy<EncodedRow[]>> _parts = [];

    /// <summary>Messages so far.</summary>
    public int Parts => _parts.Count;

    public int Count { get; private set; }

    public void Add(Page part)
    {
        var rows = new Lazy<EncodedRow[]>(() => WireMessages.ReadEncoded(part));
        Count += part.Rows.Count;
        _parts.Add(rows);
        ThreadPool.UnsafeQueueUserWorkItem(Decode, rows, preferLocal: false);
    }

    /// <exception cref="SyncException">On the way: the next row is of a message that does not fit.</exception>
    public IEnumerator<EncodedRow> GetEnumerator()
    {
        foreach (var part in _parts)
        {
            foreach (var row in part.Value) yield return row;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static void Decode(Lazy<EncodedRow[]> rows)
    {
        try
        {
            _ = rows.Value;
        }
        catch (Exception)
        {
            // It is kept, whatever it is, and meets whoever needs the rows.
        }
    }
}
