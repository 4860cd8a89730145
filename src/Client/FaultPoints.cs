namespace OrleansSync.Client;

/// <summary>An instant at which the process may end and leave the most to be put right.</summary>
internal enum FaultPoint
{
    /// <summary>A local transaction is whole and not committed.</summary>
    Committing,

    /// <summary>A local transaction is committed, and nobody knows of it yet.</summary>
    Committed,

    /// <summary>A batch is about to leave.</summary>
    Sending,

    /// <summary>A batch has left, and nobody knows of it yet.</summary>
    Sent,

    /// <summary>An acknowledgement has arrived and is not recorded.</summary>
    Acknowledged,
}

/// <summary>Where tests end the process. In an app nobody listens.</summary>
internal static class FaultPoints
{
    public static Action<FaultPoint>? Passed { get; set; }

    public static void Pass(FaultPoint point) => Passed?.Invoke(point);
}
