using System.Runtime.CompilerServices;

namespace OrleansSync.Bench.Micro;

/// <summary>What every setup asserts, so that a benchmark of nothing cannot pass.</summary>
internal static class Check
{
    public static void That(bool holds, [CallerArgumentExpression(nameof(holds))] string? fact = null)
    {
        if (!holds) throw new InvalidOperationException($"Does not hold: {fact}");
    }
}
