namespace OrleansSync.Client.Sync;

/// <summary>What the scheduler wants done next; at most one thing after each event.</summary>
internal enum SchedulerAction
{
    None,

    /// <summary>Open a session: handshake, full sync and, where syncing is automatic, watch.</summary>
    OpenSession,

    /// <summary>Push what is pending, over the open session.</summary>
    Push,

    /// <summary>Do a full sync again, over the open session.</summary>
    Sync,

    /// <summary>End the session.</summary>
    CloseSession,

    /// <summary>Ask the credentials for another token.</summary>
    AskCredentials,
}

/// <summary>Whether syncing may go on.</summary>
internal enum SchedulerMode
{
    Active,
    Paused,
    Unauthenticated,
    Refused,
    Stopped,
}

/// <summary>What the session is doing.</summary>
internal enum SessionPhase
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>Opened, not yet syncing.</summary>
    Connecting,

    /// <summary>Pushing and pulling everything.</summary>
    Syncing,

    /// <summary>Waiting for the server's changes and for the next push.</summary>
    Watching,

    /// <summary>Watching, with a push under way.</summary>
    Pushing,

    /// <summary>Asked to end.</summary>
    Closing,
}
