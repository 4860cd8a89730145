using System.Text.Json.Nodes;
using OrleansSync.Conflicts;

namespace OrleansSync.Gateway.Tests.Life;

/// <summary>Raises add up; who made the first offer keeps the name.</summary>
public sealed class OfferResolver : IConflictResolver
{
    public Resolution Resolve(Conflict conflict)
    {
        if (conflict.Mine["price"] is not { } mine) return Resolution.Merge();
        var raised = mine.GetValue<long>() - (conflict.Base["price"]?.GetValue<long>() ?? 0);
        if (!conflict.IsConcurrent || conflict.Theirs is not { } theirs) return Resolution.Merge();
        return Resolution.Merge(new JsonObject { ["price"] = theirs["price"]!.GetValue<long>() + raised, ["by"] = theirs["by"]?.GetValue<string>() });
    }
}
