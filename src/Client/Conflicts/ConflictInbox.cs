using System.Runtime.CompilerServices;
using OrleansSync.Client.Conflicts;
using OrleansSync.Client.Queries;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>
/// Writes that met a change of another device, of types whose conflicts a person resolves. The same on all devices of the user; each may
/// decide, also without a network. Of two who decide at once the first one counts.
/// </summary>
public sealed class ConflictInbox
{
    private readonly LocalDatabase _database;

    internal ConflictInbox(LocalDatabase database) => _database = database;

    /// <summary>What waits, oldest first.</summary>
    public Task<IReadOnlyList<SyncConflict>> ListAsync(CancellationToken cancellationToken = default) => _database.ReadAsync(Read, cancellationToken);

    /// <summary>What waits now, and again after each change of it, or of an entity that it is about.</summary>
    public async IAsyncEnumerable<IReadOnlyList<SyncConflict>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Listening comes first: what changes while the inbox is read is looked at after it.
        using var changes = new ChangeSignal(_database, type: null);
        string? told = null;
        while (true)
        {
            var conflicts = await _database.ReadAsync(Read, cancellationToken);
            var state = string.Join('\n', conflicts.Select(static conflict => conflict.State));
            if (state != told) yield return conflicts;
            told = state;
            await changes.NextAsync(cancellationToken);
        }
    }

    private IReadOnlyList<SyncConflict> Read(LocalConnection connection) =>
    [
        .. ConflictRows.Read(connection, _database.Meta.Types)
            .GroupBy(static parked => parked.Group)
            .OrderBy(static group => group.Min(static parked => parked.ParkedAt)).ThenBy(static group => group.Key.Value)
            .Select(group => new SyncConflict(_database, connection, [.. group.OrderBy(static parked => parked.Counter)])),
    ];
}
