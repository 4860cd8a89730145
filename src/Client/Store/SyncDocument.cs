using System.Text.Json.Nodes;

namespace OrleansSync.Client;

/// <summary>An entity without a model: its id and its fields. Counters read as numbers, sets as arrays.</summary>
/// <param name="Id">The entity's id: 1 to 512 bytes of UTF-8, no control characters.</param>
/// <param name="Fields">The fields; "id" is not one of them. A copy: changing it changes nothing in the store.</param>
public sealed record SyncDocument(string Id, JsonObject Fields);
