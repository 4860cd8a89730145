using OrleansSync.Client.Store;
using OrleansSync.Client.Subscriptions;
using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>
/// Which types a database holds of the server's. A new one holds those of <see cref="SyncStoreOptions.Types"/>; what is added or removed
/// later is kept in the database. Thread-safe.
/// </summary>
public sealed class SyncSubscriptions
{
    private readonly LocalDatabase _database;
    private readonly Action _changed;

    internal SyncSubscriptions(LocalDatabase database, Action changed) => (_database, _changed) = (database, changed);

    /// <summary>The types at this moment, in the order of their names; <c>null</c>: all.</summary>
    public IReadOnlyList<TypeSubscription>? Current
    {
        get
        {
            var types = _database.Meta.Types;
            if (types.Joined is not { } joined) return null;
            return [.. joined.Select(static type => new TypeSubscription(type, IsComplete: true))
                .Concat(types.Filling.Select(static type => new TypeSubscription(type, IsComplete: false)))
                .OrderBy(static one => one.Type, StringComparer.Ordinal)];
        }
    }

    /// <summary>
    /// Adds a type; where it is there, or all are, nothing happens. Returns when it is on disk. Its rows are read while syncing goes on
    /// with the other types, across restarts of the app, and become visible together; <c>SyncNowAsync</c> returns when they are.
    /// </summary>
    /// <exception cref="SyncException">It is no name of a type, or one of <see cref="SyncStoreOptions.LocalTypes"/> (OS3012).</exception>
    public async Task AddAsync(string type, CancellationToken cancellationToken = default)
    {
        Check(type);
        var added = await _database.RunAsync(context => SubscriptionChanges.Add(context, type), WriteKind.Durable, cancellationToken);
        if (added) _changed();
    }

    /// <summary>
    /// Removes a type; where it is not there, nothing happens. Its rows leave this database, those with writes on their way once the server
    /// has answered them. The server and other devices keep them.
    /// </summary>
    /// <exception cref="SyncException">The database holds all types, or this one alone (OS3012).</exception>
    public async Task RemoveAsync(string type, CancellationToken cancellationToken = default)
    {
        Check(type);
        var removed = await _database.RunAsync(
            context =>
            {
                var types = context.Meta.Types;
                if (types.Joined is not { } joined) throw StoreErrors.Subscription(type, "this database holds all types. Name those it is to hold in SyncStoreOptions.Types when it is made");
                if (joined.Count == 1 && joined.Contains(type)) throw StoreErrors.Subscription(type, "it is the last one. Add another type first");
                return SubscriptionChanges.Remove(context, type);
            },
            WriteKind.Durable,
            cancellationToken);
        if (removed) _changed();
    }

    private void Check(string type)
    {
        if (FormRules.CheckName(type, Limits.Default) is not null)
            throw StoreErrors.Subscription(type, "a type is a letter or underscore, then letters, digits, underscores; at most 64");
        if (type == ParkedOperation.Type) throw StoreErrors.Subscription(type, "it is the conflict inbox, which every database holds");
        if (_database.Meta.Types.Local.Contains(type)) throw StoreErrors.Subscription(type, "it is one of SyncStoreOptions.LocalTypes, which are never synced");
    }
}

/// <summary>A type that a database holds.</summary>
/// <param name="Type">The type's name.</param>
/// <param name="IsComplete">False: its rows are being read for the first time, and none is visible yet.</param>
public sealed record TypeSubscription(string Type, bool IsComplete);
