namespace OrleansSync.Convergence.Tests.Network;

/// <summary>What the simulated world does to the system.</summary>
internal enum FaultKind
{
    StoreUnavailable,
    CommitUnknownCommitted,
    CommitUnknownLost,

    /// <summary>The caller sees no end, and the commit arrives at the store later, perhaps after a claim.</summary>
    CommitUnknownLate,
    CommitFencedBefore,
    StoreSlow,
    StoreDown,
    MergeLost,
    MergeReplyLost,

    /// <summary>The caller gives up, and the call arrives at the entity after that.</summary>
    MergeLate,
    EntityForgotten,

    /// <summary>Two activations of an entity, and calls reach either.</summary>
    EntityDoubled,
    PushLost,
    PushReplyLost,

    /// <summary>The same batch reaches two owners.</summary>
    PushDoubled,
    PushToOther,
    NoticeLost,
    NoticeDoubled,
    NoticeLate,
    StreamCut,
    HandshakeLost,
    HandshakeDoubled,
    ClientKilled,

    /// <summary>The device forgets what its disk had not taken.</summary>
    PowerCut,
    OwnerKilled,

    /// <summary>What it was about to send never leaves.</summary>
    OwnerKilledBeforeCommit,

    /// <summary>The commit takes place, and nobody hears of it.</summary>
    OwnerKilledInCommit,

    /// <summary>It hears of the commit, and its callers do not.</summary>
    OwnerKilledAfterCommit,
    OwnerDoubled,

    /// <summary>Old tombstones and journal entries go.</summary>
    Purged,
    DeviceOffline,
}
