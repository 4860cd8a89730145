using OrleansSync.Bench.Load.Data;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>Two devices of one user: what one writes, the other watches for.</summary>
internal interface IPair : IAsyncDisposable
{
    /// <summary>Writes a note that is new on one device, and compares what the other shows.</summary>
    /// <returns>From before the write until the other device shows it.</returns>
    Task<TimeSpan> WriteAsync(Note note, CancellationToken cancellationToken);
}
