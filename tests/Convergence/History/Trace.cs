using System.Globalization;
using OrleansSync.Convergence.Tests.Scheduling;

namespace OrleansSync.Convergence.Tests.History;

/// <summary>Something that happened. An operation is named by its device and counter: ids are random, and two runs of a seed are to look alike.</summary>
internal readonly record struct TraceEvent(long At, string Actor, string What, int Device, long Counter, long Number)
{
    public override string ToString()
    {
        var about = Device < 0 ? "" : Counter > 0 ? $" d{Device}:{Counter}" : $" d{Device}";
        var number = Number < 0 ? "" : $" #{Number}";
        return string.Create(CultureInfo.InvariantCulture, $"{At / (double)TimeSpan.TicksPerMillisecond,12:f3} {Actor,-9} {What}{about}{number}");
    }
}

/// <summary>All that happened in a run, in order.</summary>
internal sealed class Trace(SeededScheduler scheduler)
{
    private readonly List<TraceEvent> _events = [];

    public IReadOnlyList<TraceEvent> Events => _events;

    public void Add(string actor, string what, int device = -1, long counter = 0, long number = -1) =>
        _events.Add(new(scheduler.Now, actor, what, device, counter, number));

    public IEnumerable<TraceEvent> LifeOf(int device, long counter) =>
        _events.Where(one => one.Device == device && one.Counter == counter);

    /// <summary>FNV-1a over every event: two runs with the same hash went the same way.</summary>
    public ulong Hash()
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var one in _events)
        {
            Mix(ref hash, (ulong)one.At);
            foreach (var letter in one.Actor) Mix(ref hash, letter);
            foreach (var letter in one.What) Mix(ref hash, letter);
            Mix(ref hash, (ulong)one.Device);
            Mix(ref hash, (ulong)one.Counter);
            Mix(ref hash, (ulong)one.Number);
        }

        return hash;

        static void Mix(ref ulong hash, ulong value) => hash = unchecked((hash ^ value) * 0x100000001B3UL);
    }
}
