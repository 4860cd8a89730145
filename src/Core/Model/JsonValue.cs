using System.Text;

namespace OrleansSync.Core;

/// <summary>A JSON value as its writer's UTF-8 bytes: compared byte by byte, never re-formatted.</summary>
public readonly struct JsonValue(ReadOnlyMemory<byte> utf8) : IEquatable<JsonValue>
{
    public ReadOnlyMemory<byte> Utf8 { get; } = utf8;

    public static JsonValue FromText(string json) => new(Encoding.UTF8.GetBytes(json));

    public bool Equals(JsonValue other) => Utf8.Span.SequenceEqual(other.Utf8.Span);

    public override bool Equals(object? obj) => obj is JsonValue other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Utf8.Span);
        return hash.ToHashCode();
    }

    public static bool operator ==(JsonValue left, JsonValue right) => left.Equals(right);

    public static bool operator !=(JsonValue left, JsonValue right) => !left.Equals(right);

    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);
}
