using System.Runtime.CompilerServices;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store;

namespace OrleansSync.Client;

/// <summary>The operations that ended refused.</summary>
public sealed class DeadLetterQueue
{
    private const int PageSize = 100;

    private readonly LocalDatabase _database;

    internal DeadLetterQueue(LocalDatabase database) => _database = database;

    /// <summary>
    /// Writes the dead letters to a stream, oldest first, each a line of JSON (docs/operation-log.md): for a person, or for a program that
    /// does again elsewhere what they would have done. They stay where they are.
    /// </summary>
    /// <returns>How many there were.</returns>
    public Task<long> ExportAsync(Stream destination, CancellationToken cancellationToken = default) => LogExport.WriteAsync(
        (after, limit) => _database.ReadAsync(connection => DeadLetterTable.Page(connection, after, limit), cancellationToken),
        destination,
        cancellationToken);

    /// <summary>The dead letters, oldest first.</summary>
    public async IAsyncEnumerable<DeadLetter> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var after = 0L;
        while (true)
        {
            var from = after;
            var page = await _database.ReadAsync(connection => DeadLetterTable.Page(connection, from, PageSize), cancellationToken);
            foreach (var entry in page) yield return new DeadLetter(_database, entry);
            if (page.Count < PageSize) yield break;
            after = page[^1].Counter;
        }
    }
}
