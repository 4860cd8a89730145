using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansSync.Core;

/// <summary>
/// The rules of a field's value: one JSON value in UTF-8 that every store and every reader takes the same way. It is kept
/// verbatim, so what could be read in two ways (a key twice, half a surrogate pair) is refused.
/// </summary>
public static class JsonRules
{
    /// <summary>No configuration allows deeper values.</summary>
    public const int MaxNesting = 512;

    private const int FewKeys = 16;

    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789"u8);

    // Control characters, the quote and the backslash: what a text does not have as it is.
    private static readonly SearchValues<byte> Special = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(static control => (byte)control), (byte)'"', (byte)'\\']);

    /// <summary><c>null</c>: the value keeps the rules. Never throws, whatever the bytes.</summary>
    public static Fault? Check(ReadOnlySpan<byte> json, Limits limits)
    {
        if (json.Length > limits.ValueBytes)
        {
            return Found(FaultCode.ValueTooLarge, $"A value has at most {limits.ValueBytes} bytes; this one has {json.Length}.");
        }

        if (IsSimple(json)) return null;
        if (json.IsEmpty) return Found(FaultCode.InvalidJson, "A value is one JSON value; this one is empty.");
        if (IsWhiteSpace(json[0]) || IsWhiteSpace(json[^1]))
        {
            return Found(FaultCode.SurroundingWhiteSpace, "A value has no white space around it.");
        }

        if (json.Contains((byte)0)) return Nul();
        if (!Utf8.IsValid(json)) return Found(FaultCode.InvalidJson, "A value is UTF-8.");
        var nesting = Math.Min(limits.Nesting, MaxNesting);
        try
        {
            return CheckTokens(json, nesting);
        }
        catch (JsonException e)
        {
            return Found(
                FaultCode.InvalidJson,
                $"A value is one JSON value; this one breaks in line {e.LineNumber + 1} at byte {e.BytePositionInLine}.");
        }
    }

    /// <summary>Most values are a text without escapes, a small word, or a whole number, which need no reader.</summary>
    private static bool IsSimple(ReadOnlySpan<byte> json)
    {
        if (json is [(byte)'"', .. var text, (byte)'"']) return !text.ContainsAny(Special) && Utf8.IsValid(text);
        if (json is [>= (byte)'1' and <= (byte)'9', ..]) return !json.ContainsAnyExcept(Digits);
        return json.SequenceEqual("true"u8) || json.SequenceEqual("false"u8) || json.SequenceEqual("null"u8);
    }

    private static Fault? CheckTokens(ReadOnlySpan<byte> json, int nesting)
    {
        // One level more than allowed, so that the reader lets us see and name it.
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = nesting + 1 });
        var keys = new Keys(json, stackalloc Key[FewKeys]);
        Span<int> objects = stackalloc int[nesting];
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray when reader.CurrentDepth >= nesting:
                    return Found(FaultCode.TooDeep, $"A value is nested at most {nesting} levels deep.");
                case JsonTokenType.StartObject:
                    objects[reader.CurrentDepth] = keys.NextObject();
                    break;
                case JsonTokenType.String when reader.ValueIsEscaped && CheckEscapes(reader.ValueSpan) is { } fault:
                    return fault;
                case JsonTokenType.PropertyName:
                    if (reader.ValueIsEscaped && CheckEscapes(reader.ValueSpan) is { } fault2) return fault2;
                    if (!keys.Add(objects[reader.CurrentDepth - 1], in reader))
                    {
                        return Found(FaultCode.DuplicateKey, "An object has each key once.");
                    }

                    break;
            }
        }

        return null;
    }

    // The reader has checked the syntax of the escapes; it lets NUL and lone surrogates pass.
    private static Fault? CheckEscapes(ReadOnlySpan<byte> text)
    {
        var awaitsLow = false;
        for (var i = 0; i < text.Length; i++)
        {
            ushort unit = 0;
            var escaped = text[i] == '\\' && text[++i] == 'u' && Utf8Parser.TryParse(text.Slice(i + 1, 4), out unit, out _, 'x');
            if (escaped) i += 4;
            if (awaitsLow != (escaped && char.IsLowSurrogate((char)unit))) return LoneSurrogate();
            if (escaped && unit == 0) return Nul();
            awaitsLow = escaped && char.IsHighSurrogate((char)unit);
        }

        return awaitsLow ? LoneSurrogate() : null;
    }

    private static bool IsWhiteSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    private static Fault Nul() => Found(FaultCode.NulCharacter, "A value has no NUL, not even an escaped one.");

    private static Fault LoneSurrogate() =>
        Found(FaultCode.LoneSurrogate, "A value has no half of a surrogate pair, not even an escaped one.");

    private static Fault Found(FaultCode code, string message) => new(code, "", message);

    /// <summary>A key as it is written, in which of the value's objects.</summary>
    private readonly record struct Key(int Object, int Start, int Length);

    /// <summary>The keys of all objects of a value. A few without escapes are compared as they are written; else all are decoded.</summary>
    private ref struct Keys(ReadOnlySpan<byte> json, Span<Key> few)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private readonly Span<Key> _few = few;
        private HashSet<(int Object, string Name)>? _many;
        private int _count;
        private int _objects;

        public int NextObject() => _objects++;

        /// <returns><c>false</c>: the object has the reader's key already.</returns>
        public bool Add(int inObject, in Utf8JsonReader reader)
        {
            if (_many is not null || reader.ValueIsEscaped || _count == _few.Length)
                return (_many ??= Decoded()).Add((inObject, reader.GetString()!));

            foreach (var key in _few[.._count])
            {
                if (key.Object == inObject && Written(key).SequenceEqual(reader.ValueSpan)) return false;
            }

            // The token starts with its quote.
            _few[_count++] = new Key(inObject, (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
            return true;
        }

        private readonly HashSet<(int Object, string Name)> Decoded()
        {
            var decoded = new HashSet<(int Object, string Name)>();
            foreach (var key in _few[.._count]) decoded.Add((key.Object, Encoding.UTF8.GetString(Written(key))));
            return decoded;
        }

        private readonly ReadOnlySpan<byte> Written(Key key) => _json.Slice(key.Start, key.Length);
    }
}
