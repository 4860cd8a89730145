using System.Runtime;
using OrleansSync.Bench.Load.Workloads;

namespace OrleansSync.Bench.Load.Processes;

/// <summary>
/// Keeps the load generator's own garbage collector away. With the streams of thousands of clients in its heap a pause takes
/// milliseconds, and in the latencies of single calls it looks like the server's.
/// </summary>
internal sealed class OwnCollections : IDisposable
{
    private readonly long _bytes;

    /// <param name="bytes">At least what is allocated until this is disposed; it is taken from the system now.</param>
    public OwnCollections(long bytes)
    {
        _bytes = bytes;
        if (!GC.TryStartNoGCRegion(bytes)) throw new BenchException($"There is no memory of {Megabytes} MB, which it takes to measure without collections.");
    }

    private long Megabytes => _bytes / 1_000_000;

    /// <exception cref="BenchException">There was a collection.</exception>
    public void Check()
    {
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion) return;
        throw new BenchException($"More than {Megabytes} MB were allocated while latencies were measured: the generator's own pauses are in them.");
    }

    public void Dispose()
    {
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion) GC.EndNoGCRegion();
    }
}
