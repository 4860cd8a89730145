using System.Text.Json.Serialization;

namespace OrleansSync.Samples.Tour;

/// <summary>A task of the Tour; <c>minutes</c> is a counter.</summary>
internal sealed record TaskItem(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("title")] string? Title,
    [property: JsonPropertyName("assignee")] string? Assignee,
    [property: JsonPropertyName("minutes")] long Minutes = 0)
{
    public override string ToString() => $"“{Title}” → {Assignee}, {Minutes} min";
}

internal sealed record Order(
    [property: JsonPropertyName("id")] string Id, [property: JsonPropertyName("customer")] string Customer, [property: JsonPropertyName("lines")] int Lines);

internal sealed record OrderLine(
    [property: JsonPropertyName("id")] string Id, [property: JsonPropertyName("order")] string OrderId, [property: JsonPropertyName("part")] string Part);

internal sealed record Reading([property: JsonPropertyName("id")] string Id, [property: JsonPropertyName("value")] int Value);

[JsonSerializable(typeof(TaskItem))]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(OrderLine))]
[JsonSerializable(typeof(Reading))]
internal sealed partial class TourJson : JsonSerializerContext;
