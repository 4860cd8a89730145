namespace OrleansSync.Client.OpLog;

/// <summary>The life of an operation in the log. The numbers are those of the database.</summary>
internal enum OperationStatus
{
    /// <summary>Waits to be sent.</summary>
    Pending = 0,

    /// <summary>Given to a stream; its outcome is not known.</summary>
    InFlight = 1,

    /// <summary>The server has recorded it. Stays until the visible cursor covers its outcome.</summary>
    Synced = 2,

    /// <summary>The server answered its batch with an error that may pass; it is sent again, alone.</summary>
    Failed = 3,

    /// <summary>Refused for good, with its reason; nothing happens to it until the app decides.</summary>
    DeadLetter = 4,
}
