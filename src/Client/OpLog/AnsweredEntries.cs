using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// The entries of the log that outcomes name. Those of a batch stand beside each other in it, but for what compaction took out between them: one scan
/// finds them, and tells which are neighbours.
/// </summary>
internal sealed class AnsweredEntries
{
    // A batch that was gathered from far apart is looked up one by one.
    private const int MostPerOutcome = 4;

    private readonly Dictionary<OperationId, (OperationEntry Entry, int Place)> _entries;
    private int _places;

    private AnsweredEntries(int capacity) => _entries = new(capacity);

    public static AnsweredEntries Of(WriteContext context, IReadOnlySet<OperationId> operations)
    {
        var found = new AnsweredEntries(operations.Count);
        var hasScanned = found.TryScan(context, operations);
        foreach (var operation in operations)
        {
            if (found._entries.ContainsKey(operation)) continue;
            if (OperationTable.Find(context.Connection, operation) is not { } entry) continue;
            if (hasScanned)
            {
                found.Add(entry, alone: true);
                continue;
            }

            // They were sent by a process before this one, whose batches are not known: where the first one is, most of the others follow.
            hasScanned = true;
            found.Scan(context, entry.Counter, entry.Counter + operations.Count - 1);
        }

        return found;
    }

    /// <summary>The entry, once; places of neighbours in the log follow each other.</summary>
    public bool Remove(OperationId operation, out (OperationEntry Entry, int Place) found) => _entries.Remove(operation, out found);

    // Where they are in flight.
    private bool TryScan(WriteContext context, IReadOnlySet<OperationId> operations)
    {
        var (first, last) = (long.MaxValue, 0L);
        foreach (var operation in context.Meta.InFlight.Operations)
        {
            if (!operations.Contains(operation.Id)) continue;
            (first, last) = (Math.Min(first, operation.Counter), Math.Max(last, operation.Counter));
        }

        if (last == 0 || last - first >= (long)operations.Count * MostPerOutcome) return false;
        Scan(context, first, last);
        return true;
    }

    private void Scan(WriteContext context, long first, long last) =>
        OperationTable.ScanRange(context.Connection, first, last, entry => Add(entry, alone: false));

    private void Add(OperationEntry entry, bool alone)
    {
        _places += alone ? 2 : 1;
        _entries.Add(entry.Id, (entry, _places));
    }
}
