using System.Text.Json.Serialization;

namespace OrleansSync.Samples.Backend;

/// <summary>What is asked for.</summary>
/// <param name="Title">Of the task.</param>
/// <param name="Minutes">Already spent on it.</param>
public sealed record NewTask(string Title, long Minutes = 0);

/// <summary>A task's plain fields; its minutes are a counter, which nothing sets.</summary>
internal sealed record TaskItem(string Id, string Title, bool Done = false);

/// <summary>What was written.</summary>
/// <param name="Id">Of the task.</param>
/// <param name="Version">Its version, which a later write may expect.</param>
public sealed record WrittenTask(string Id, long Version);

/// <summary>What has changed.</summary>
/// <param name="Tasks">Ids, the last change last; "-" before one that is gone.</param>
/// <param name="Next">Ask from here the next time.</param>
public sealed record TaskChanges(IReadOnlyList<string> Tasks, string Next);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TaskItem))]
internal sealed partial class TaskJson : JsonSerializerContext;
