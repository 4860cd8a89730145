using OrleansSync.Generators;

namespace OrleansSync.Core.Tests.Merging.Histories;

/// <summary>Steps in commit order.</summary>
public static class History
{
    /// <summary>
    /// Whether the commits at a position and the next could have come the other way round: of different devices, the later
    /// written without the earlier, and no pull between them.
    /// </summary>
    public static bool CanSwap(IReadOnlyList<Step> steps, int position)
    {
        if (steps[position].Device == steps[position + 1].Device || steps[position + 1].Known > position) return false;
        for (var i = position + 2; i < steps.Count; i++)
        {
            if (steps[i].Known == position + 1) return false;
        }

        return true;
    }

    public static Step[] Swapped(IReadOnlyList<Step> steps, int position)
    {
        Step[] swapped = [.. steps];
        (swapped[position], swapped[position + 1]) = (swapped[position + 1], swapped[position]);
        return swapped;
    }

    public static string Describe(World world) => string.Concat(world.Log.Select(static commit =>
        $"#{commit.Sequence} {commit.Result.Kind} {commit.Result.Reason} {OrleansSync.Generators.Describe.Operation(commit.Operation)}"))
        + OrleansSync.Generators.Describe.Row(world.Row);
}
