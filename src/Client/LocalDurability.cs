namespace OrleansSync.Client;

/// <summary>What a write to the local database has survived when it returns: SQLite's synchronous = FULL or NORMAL.</summary>
public enum LocalDurability
{
    /// <summary>A crash of the app and a power cut: it has waited for the disk.</summary>
    Full,

    /// <summary>
    /// A crash of the app. A power cut can take the last writes, in whole transactions, the latest first; none that has left the device, because
    /// sending waits for the disk. A write runs on its caller's thread where no other one is under way.
    /// </summary>
    Normal,
}
