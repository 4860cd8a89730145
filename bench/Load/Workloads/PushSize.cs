using System.Globalization;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>How many devices push how many operations each.</summary>
internal readonly record struct PushSize(int Devices, int Operations)
{
    /// <summary><c>null</c>: not of the form 8x10000.</summary>
    public static PushSize? Parse(string text) =>
        text.Split('x') is [var devices, var operations] && TryParse(devices, out var first) && TryParse(operations, out var second)
            ? new PushSize(first, second)
            : null;

    private static bool TryParse(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;
}
