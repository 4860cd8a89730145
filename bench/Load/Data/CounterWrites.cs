using System.Globalization;

namespace OrleansSync.Bench.Load.Data;

/// <summary>One write of a device: adds 1 to the counter of an entity, and sets a plain field where it names one.</summary>
internal readonly record struct CounterWrite(int Device, int Index, int Entity, string? Field)
{
    public string Value => $"{Device}-{Index}";
}

/// <summary>What devices that share entities write, all of them to all. The same for every kind of client.</summary>
internal sealed class CounterWrites(int devices, int operations)
{
    public const string Type = "counters";
    public const string Count = "count";
    public const string LastBy = "last_by";
    public const string Note = "note";
    public const string Untouched = "new";

    private const int Entities = 10;

    public int Devices => devices;

    public int Operations => operations;

    public IReadOnlyList<string> Ids { get; } = [.. Enumerable.Range(0, Entities).Select(static i => $"counter-{i}")];

    public IEnumerable<CounterWrite> Of(int device) => Enumerable.Range(0, operations).Select(index => Write(device, index));

    /// <summary>What the counter of an entity must be in the end.</summary>
    public long Sum(int entity) => Enumerable.Range(0, devices).Sum(device => Of(device).LongCount(write => write.Entity == entity));

    /// <summary>Some device wrote this value to this field of this entity, or nobody did and it is as created.</summary>
    public bool Wrote(int entity, string field, string? value)
    {
        if (value == Untouched) return !Enumerable.Range(0, devices).SelectMany(Of).Any(write => write.Entity == entity && write.Field == field);
        if (value?.Split('-') is not [var device, var index]) return false;
        var write = Write(int.Parse(device, CultureInfo.InvariantCulture), int.Parse(index, CultureInfo.InvariantCulture));
        return write.Device < devices && write.Index < operations && write.Entity == entity && write.Field == field;
    }

    // Two writes to an entity, the second of which sets a field; then the next entity; a round later the other field.
    private static CounterWrite Write(int device, int index) => new(
        device,
        index,
        (device + (index / 2)) % Entities,
        index % 2 == 0 ? null : index / (2 * Entities) % 2 == 0 ? LastBy : Note);
}
