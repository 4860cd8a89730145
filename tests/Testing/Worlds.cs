using System.Text.Json.Nodes;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Testing.Tests;

/// <summary>What the tests write and read.</summary>
internal static class Worlds
{
    public static SyncSchema Schema { get; } = new([new EntitySchema("notes").Counter("likes")]);

    public static SyncCollection<SyncDocument> Notes(this SyncDevice device) => device.Store.Collection("notes");

    public static Task<WriteReceipt> PutAsync(this SyncDevice device, string id, string title) =>
        device.Notes().PutAsync(new SyncDocument(id, new JsonObject { ["title"] = title }));

    public static async Task<string?> TitleAsync(this SyncDevice device, string id) =>
        (await device.Notes().FindAsync(id))?.Fields["title"]?.GetValue<string>();
}
