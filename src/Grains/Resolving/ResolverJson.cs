using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace OrleansSync.Grains.Resolving;

/// <summary>Writes the values that resolvers decide on.</summary>
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class ResolverJson : JsonSerializerContext;
