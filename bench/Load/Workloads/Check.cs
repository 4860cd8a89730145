using System.Text;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Devices;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>Compares what a backend holds with what was written.</summary>
internal static class Check
{
    public static void Equal<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual)) throw new BenchException($"{what}: {actual}, not {expected}.");
    }

    /// <summary>A new device of the user pulls, and finds exactly these notes.</summary>
    public static async Task NotesAsync(Uri address, string user, NoteWrites writes, CancellationToken cancellationToken)
    {
        var found = await RowsAsync(address, user, cancellationToken);
        Equal(writes.Entities, found.Count, $"Notes of {user}");
        foreach (var (id, note) in writes.Expected())
            Row(found.GetValueOrDefault(id) ?? throw new BenchException($"{user} has no note {id}."), note, user);
    }

    /// <summary>A row of a note holds exactly this one.</summary>
    public static void Row(Row row, Note note, string whose)
    {
        var fields = row.Fields.ToDictionary(static field => field.Name, static field => field.Json.ToStringUtf8());
        foreach (var (field, json) in Note.Fields(note, changedOnly: false))
            Equal(Encoding.UTF8.GetString(json), fields.GetValueOrDefault(field), $"{field} of note {note.Id} of {whose}");
    }

    /// <summary>What a new device of the user pulls, by the entities' ids.</summary>
    public static async Task<Dictionary<string, Row>> RowsAsync(Uri address, string user, CancellationToken cancellationToken)
    {
        using var channel = Channels.Open(address);
        var reader = new WireDevice(channel, user);
        await reader.OpenAsync(cancellationToken);
        var found = new Dictionary<string, Row>();
        await reader.PullAsync(
            new Cursor(),
            page =>
            {
                foreach (var row in page.Rows) found[row.EntityId] = row;
            },
            cancellationToken);
        return found;
    }

    /// <summary>The same of the hand-written endpoint.</summary>
    public static async Task FloorNotesAsync(FloorDevice device, NoteWrites writes, CancellationToken cancellationToken)
    {
        var found = (await device.ReadAsync(cancellationToken)).ToDictionary(static row => row.EntityId, static row => row.Document);
        Equal(writes.Entities, found.Count, $"Notes of {device.User} at the floor");
        foreach (var (id, note) in writes.Expected())
            Equal(Encoding.UTF8.GetString(note.ToJson()), found.GetValueOrDefault(id)?.ToStringUtf8(), $"Note {id} of {device.User} at the floor");
    }
}
