namespace OrleansSync.Backend;

/// <summary>Why a feed cannot be read from a checkpoint.</summary>
public enum FeedFault
{
    /// <summary>The server was restored to an earlier point, or the user's data was erased.</summary>
    LineageChanged = 1,

    /// <summary>Deletions after the checkpoint are no longer on record.</summary>
    CheckpointExpired = 2,

    /// <summary>The checkpoint is above all that the server has.</summary>
    CheckpointAhead = 3,
}

/// <summary>
/// The feed cannot go on from the checkpoint without leaving something out. Read again from the start; what that does not bring is gone.
/// </summary>
public sealed class SyncFeedException : Exception
{
    internal SyncFeedException(FeedFault fault) : base($"{FactOf(fault)} Read again from the start; what that does not bring is gone.") =>
        Fault = fault;

    /// <summary>Why.</summary>
    public FeedFault Fault { get; }

    private static string FactOf(FeedFault fault) => fault switch
    {
        FeedFault.LineageChanged => "The server was restored to an earlier point, or the user's data erased, since the checkpoint.",
        FeedFault.CheckpointExpired => "Deletions after the checkpoint are no longer on record.",
        _ => "The checkpoint is above everything the server has.",
    };
}
