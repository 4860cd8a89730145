namespace OrleansSync.Bench.Load.Systems;

/// <summary>How much the product's database takes for entities and for the journal, indexes included.</summary>
internal sealed record StorageSize(long Rows, long RowBytes, long Operations, long OperationBytes)
{
    public IReadOnlyDictionary<string, double> PerUnit => new Dictionary<string, double>
    {
        ["bytes_per_row"] = Math.Round((double)RowBytes / Math.Max(1, Rows), 1),
        ["bytes_per_operation"] = Math.Round((double)OperationBytes / Math.Max(1, Operations), 1),
    };
}
