using System.Text.Json.Serialization;

namespace OrleansSync.Samples.Tasks;

/// <summary>
/// A task as the app sees it. Minutes add up over all devices. A new task has none: written as 0 they would be a plain field with a server
/// that does not declare them, whereas the first increment makes them a counter.
/// </summary>
internal sealed record TaskItem(
    string Id, string Title, bool Done = false, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long Minutes = 0);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TaskItem))]
internal sealed partial class TasksJson : JsonSerializerContext;
