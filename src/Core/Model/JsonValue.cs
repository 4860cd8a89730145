using System.Text;

namespace OrleansSync.Core;

/// <summary>A JSON value as its writer's UTF-8 bytes: compared byte by byte, never re-formatted.</summary>
public readonly struct JsonValue(ReadOnlyMemory<byte> utf8) : IEquatable<JsonValue>
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; } = utf8;

    /// <summary>The value as this text has it.</summary>
    public static JsonValue FromText(string json) => new(Encoding.UTF8.GetBytes(json));

    /// <summary>The same bytes.</summary>
    public bool Equals(JsonValue other) => Utf8.Span.SequenceEqual(other.Utf8.Span);

    /// <summary>The same bytes.</summary>
    public override bool Equals(object? obj) => obj is JsonValue other && Equals(other);

    /// <summary>A hash of the bytes.</summary>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Utf8.Span);
        return hash.ToHashCode();
    }

    /// <summary>The same bytes.</summary>
    public static bool operator ==(JsonValue left, JsonValue right) => left.Equals(right);

    /// <summary>Other bytes.</summary>
    public static bool operator !=(JsonValue left, JsonValue right) => !left.Equals(right);

    /// <summary>The text.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);
}
