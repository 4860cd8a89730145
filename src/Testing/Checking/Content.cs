using System.Text.Json;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Testing.Checking;

/// <summary>What a device holds.</summary>
/// <param name="Device">Its name.</param>
/// <param name="Cursor">How far it has heard of the server.</param>
/// <param name="Digest">Of the server's rows.</param>
/// <param name="Entities">What its app sees.</param>
internal sealed record Content(string Device, long Cursor, string Digest, IReadOnlyDictionary<EntityKey, Document> Entities)
{
    public static async Task<Content> OfAsync(SyncDevice device)
    {
        var store = device.Store;
        var entities = await store.Database.ReadAsync(
            static connection =>
            {
                var found = new Dictionary<EntityKey, Document>();
                EntityTable.ScanDocuments(connection, (key, document, pending) => found.Add(key, new Document(FieldsOf(document), pending)));
                return found;
            },
            CancellationToken.None);
        return new Content(device.Name, store.Log.State.Cursor, await store.DigestAsync(), entities);
    }

    /// <summary>The device as one that holds an entity.</summary>
    public string Told(EntityKey key) => Entities[key].IsPending ? $"{Device} (pending)" : Device;

    private static Dictionary<string, string> FieldsOf(byte[] document)
    {
        using var json = JsonDocument.Parse(document);
        return json.RootElement.EnumerateObject().ToDictionary(static field => field.Name, static field => field.Value.GetRawText(), StringComparer.Ordinal);
    }
}

/// <summary>An entity as the app sees it.</summary>
/// <param name="Fields">Each as the JSON that it is.</param>
/// <param name="IsPending">Changes of the device lie over what the server has.</param>
internal sealed record Document(IReadOnlyDictionary<string, string> Fields, bool IsPending);
