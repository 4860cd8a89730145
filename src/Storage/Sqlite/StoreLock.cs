namespace OrleansSync.Storage.Sqlite;

/// <summary>
/// A file beside the database that one server holds at a time. Two servers on one file would break nothing, since every
/// commit is fenced, but each would keep refusing the other's, and the operator would wonder: so the second does not
/// start. The operating system lets go of it when the process ends, however that happens; the file itself stays, because
/// removing it would let two processes hold two files of one name.
/// </summary>
internal static class StoreLock
{
    /// <exception cref="IOException">Another server holds it.</exception>
    public static FileStream Take(string databasePath)
    {
        var path = databasePath + ".lock";
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new IOException(
                $"The sync store {databasePath} is in use by another server (it holds {path}): stop that one, or use another folder.",
                error);
        }
    }
}
