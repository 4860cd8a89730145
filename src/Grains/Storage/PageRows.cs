namespace OrleansSync.Grains.Storage;

/// <summary>
/// The rows of a page while a store reads them: in their order, all that the query selects, until one does not fit. Its memory is pooled:
/// dispose it once.
/// </summary>
public sealed class PageRows : IDisposable
{
    private readonly ChangeQuery _query;
    private readonly StoredRows.Builder _rows = new();
    private long _bytes;
    private long _lastSequence;

    /// <exception cref="ArgumentOutOfRangeException">The query asks for nothing.</exception>
    public PageRows(ChangeQuery query)
    {
        if (query.MaxRows < 1 || query.MaxBytes < 1 || query.MaxOutcomes < 1)
            throw new ArgumentOutOfRangeException(nameof(query), query, "A page holds at least one row, byte and outcome.");
        _query = query;
    }

    /// <summary>There was room for all rows that are left.</summary>
    public bool ReachesHead { get; private set; } = true;

    /// <summary>False: the page is full without this row, and no other one is wanted.</summary>
    public bool TryAdd(RowParts row)
    {
        if (_rows.Count == _query.MaxRows || _bytes >= _query.MaxBytes)
        {
            ReachesHead = false;
            return false;
        }

        _rows.Add(row);
        _bytes += row.Size;
        _lastSequence = row.Sequence;
        return true;
    }

    /// <summary>Adds rows until one does not fit.</summary>
    public void Fill(IEnumerable<StoredRow> rows)
    {
        foreach (var row in rows)
        {
            if (!TryAdd(row.Parts)) return;
        }
    }

    /// <summary>
    /// The sequence through which the page wants outcomes. Those of a row's sequence travel with the first page that has a row of it: a
    /// device applies a row only together with its own outcomes up to there.
    /// </summary>
    public long OutcomesThrough(ScopeState state) => ReachesHead ? state.Head : _lastSequence;

    public StoredRows ToRows() => _rows.ToRows();

    public void Dispose() => _rows.Dispose();
}
