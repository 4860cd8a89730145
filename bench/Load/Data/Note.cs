using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansSync.Bench.Load.Data;

/// <summary>
/// The document of the workloads, about 200 bytes of JSON. Its content follows from whose it is, which one and its version, so
/// that what came out can be compared with what had to come out without keeping it.
/// </summary>
internal sealed record Note(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("body")] string Body,
    [property: JsonPropertyName("at")] string At,
    [property: JsonPropertyName("done")] bool Done,
    [property: JsonPropertyName("rank")] int Rank)
{
    public const string Type = "notes";

    private const int BodyLength = 90;

    private static readonly string Words = string.Join(' ', Enumerable.Range(0, 400).Select(static i => Word(i)));

    /// <param name="id">The entity's id.</param>
    /// <param name="owner">Whose it is: a number of a device or scope.</param>
    /// <param name="index">Which one of the owner.</param>
    /// <param name="version">0: as it was created; updates change title, body and at.</param>
    public static Note Of(string id, int owner, int index, int version)
    {
        var mix = unchecked((uint)((owner * 7919) + (index * 31) + (version * 104_729)));
        var start = (int)(mix % (uint)(Words.Length - BodyLength));
        return new Note(
            id,
            $"Note {owner}-{index} version {version}",
            Words.Substring(start, BodyLength),
            $"2026-01-01T00:00:00.{mix % 10_000_000:D7}Z",
            index % 3 == 0,
            index % 100);
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, NoteJson.Default.Note);

    /// <summary>The fields and their JSON values, as a device sends them.</summary>
    public static (string Field, byte[] Json)[] Fields(Note note, bool changedOnly) => changedOnly
        ? [("title", Json(note.Title)), ("body", Json(note.Body)), ("at", Json(note.At))]
        :
        [
            ("title", Json(note.Title)), ("body", Json(note.Body)), ("at", Json(note.At)),
            ("done", note.Done ? "true"u8.ToArray() : "false"u8.ToArray()), ("rank", Encoding.ASCII.GetBytes($"{note.Rank}")),
        ];

    // Letters, digits, blanks and hyphens only: the JSON is the text in quotes.
    private static byte[] Json(string text)
    {
        var json = new byte[text.Length + 2];
        json[0] = json[^1] = (byte)'"';
        Encoding.ASCII.GetBytes(text, json.AsSpan(1));
        return json;
    }

    private static string Word(int seed)
    {
        var random = new Random(seed);
        return string.Create(random.Next(3, 9), random, static (word, random) =>
        {
            for (var i = 0; i < word.Length; i++) word[i] = (char)('a' + random.Next(26));
        });
    }
}

[JsonSerializable(typeof(Note))]
internal sealed partial class NoteJson : JsonSerializerContext;
