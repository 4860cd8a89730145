using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Subscriptions;
using OrleansSync.Core;

namespace OrleansSync.Client.Conflicts;

/// <summary>The rows of the conflict inbox in the local database: entities of a type of their own, few at any time.</summary>
internal static class ConflictRows
{
    private const string Live = $"FROM entities WHERE type = '{ParkedOperation.Type}' AND live = 1";

    /// <summary>What waits about types that this database holds.</summary>
    public static List<ParkedOperation> Read(LocalConnection connection, TypeSubscriptions types)
    {
        var rows = connection.Query($"SELECT id, fields {Live}", static reader => (Id: reader.Text(0), Document: reader.Blob(1)));
        return [.. rows.Select(static row => ParkedOperation.Read(row.Id, row.Document)).Where(parked => types.Holds(parked.Entity.Type))];
    }

    /// <summary>Something waits about the entity.</summary>
    public static bool Any(LocalConnection connection, EntityKey key) => connection.Number(
        $"SELECT 1 {Live} AND fields ->> 'type' = ?1 AND fields ->> 'entity' = ?2 LIMIT 1", key.Type, key.Id) is not null;

    /// <summary>Ids of a type's entities about which something waits.</summary>
    public static IEnumerable<string> Of(LocalConnection connection, string type) => connection.Query(
        $"SELECT fields ->> 'entity' {Live} AND fields ->> 'type' = ?1", static reader => reader.Text(0), type);
}
