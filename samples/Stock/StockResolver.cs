using OrleansSync.Conflicts;

namespace OrleansSync.Samples.Stock;

/// <summary>Sales add up, whoever made them, and the stock never goes below zero: the one that would is refused.</summary>
public sealed class StockResolver : IConflictResolver
{
    public const int Version = 1;

    public Resolution Resolve(Conflict conflict) =>
        conflict.Merged is { } stock && stock["count"] is { } count && count.GetValue<long>() < 0 ? Resolution.Refuse() : Resolution.Merge();
}
