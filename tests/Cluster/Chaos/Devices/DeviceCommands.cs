namespace OrleansSync.Chaos.Devices;

/// <summary>The words between the run and a device process, one a line.</summary>
internal static class DeviceCommands
{
    /// <summary>"twin NAME": the device's next batch with increments also goes on a second stream.</summary>
    public const string Twin = "twin";

    /// <summary>Stop writing, push everything; answered by <see cref="Drained"/>.</summary>
    public const string Drain = "drain";

    /// <summary>Pull to the head and note what is there; answered by <see cref="Ended"/>.</summary>
    public const string End = "end";

    /// <summary>The devices are open.</summary>
    public const string Ready = "ready";

    /// <summary>"writes N": so many operations were written so far.</summary>
    public const string Writes = "writes";

    /// <summary>"twinned NAME": the second stream has been sent the batch.</summary>
    public const string Twinned = "twinned";

    /// <summary>"waiting TEXT": why it is not drained yet.</summary>
    public const string Waiting = "waiting";

    public const string Drained = "drained";

    public const string Ended = "ended";
}
