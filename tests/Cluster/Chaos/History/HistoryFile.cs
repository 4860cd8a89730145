using System.Text;
using System.Text.Json;

namespace OrleansSync.Chaos.History;

/// <summary>
/// The append-only history of a device: JSON lines, each handed to the operating system before the device goes on, so
/// that a kill of the process takes at most the line that was being written.
/// </summary>
public sealed class HistoryFile : IDisposable
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    private readonly Lock _gate = new();
    private readonly FileStream _file;

    public HistoryFile(string path)
    {
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        // The process before this one may have been killed in the middle of a line.
        if (_file.Position > 0) _file.WriteByte((byte)'\n');
    }

    public void Add(HistoryEvent what)
    {
        var line = Encoding.UTF8.GetBytes(Format(what with { At = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() }) + '\n');
        lock (_gate) _file.Write(line);
    }

    public void Dispose() => _file.Dispose();

    public static string Format(HistoryEvent what) => JsonSerializer.Serialize(what, Options);

    /// <summary>All whole lines, in their order.</summary>
    /// <exception cref="JsonException">A line is broken that no kill can have broken.</exception>
    public static List<HistoryEvent> ReadAll(string path)
    {
        var events = new List<HistoryEvent>();
        string? broken = null;
        foreach (var line in File.ReadLines(path))
        {
            if (line.Length == 0) continue;
            var parsed = Parse(line);
            if (broken is not null && parsed is not Opened) throw new JsonException($"{path} has a broken line: {broken}");
            broken = parsed is null ? line : null;
            if (parsed is not null) events.Add(parsed);
        }

        return events;
    }

    private static HistoryEvent? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<HistoryEvent>(line, Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
