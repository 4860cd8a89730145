namespace OrleansSync.Client.OpLog;

/// <summary>What a recovery has made of an operation, as the database has it.</summary>
internal enum Replay
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It was settled, is sent again, and its effect is in the rows that were held then.</summary>
    Shown = 1,

    /// <summary>The same, and its effect is in none of them.</summary>
    Answered = 2,
}

/// <summary>
/// The life of an operation in the log. The numbers are those of the database, which does not hold IN_FLIGHT: what is on its way is so
/// for one process only (<see cref="InFlight"/>), and waits to be sent for the next one.
/// </summary>
internal enum OperationStatus
{
    /// <summary>Waits to be sent.</summary>
    Pending = 0,

    /// <summary>The server has recorded it. Stays until the visible cursor covers its outcome.</summary>
    Synced = 2,

    /// <summary>The server answered its batch with an error that may pass; it is sent again, alone.</summary>
    Failed = 3,

    /// <summary>Refused for good, with its reason; nothing happens to it until the app decides.</summary>
    DeadLetter = 4,
}
