namespace OrleansSync.Client.Store.Sqlite;

/// <summary>
/// Makes the database the property of one store: what is in memory (clock, cursor) must not be changed by another. The
/// operating system releases the lock when the process ends, however it ends.
/// </summary>
internal sealed class DatabaseLock : IDisposable
{
    private readonly FileStream _file;

    private DatabaseLock(FileStream file) => _file = file;

    /// <exception cref="SyncException">Another store holds the file, or the folder is not writable.</exception>
    public static DatabaseLock Take(string databasePath)
    {
        try
        {
            // The file stays after closing: deleting it would let two openers lock two different files of one name.
            return new DatabaseLock(new FileStream(databasePath + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or DirectoryNotFoundException or PathTooLongException)
        {
            throw StoreErrors.CannotOpen(databasePath, exception);
        }
        catch (IOException exception) when (File.Exists(databasePath + ".lock"))
        {
            throw StoreErrors.InUse(databasePath, exception);
        }
        catch (IOException exception)
        {
            throw StoreErrors.CannotOpen(databasePath, exception);
        }
    }

    public void Dispose() => _file.Dispose();
}
