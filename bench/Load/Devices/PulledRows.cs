using Microsoft.Extensions.Logging;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>Counts the rows that a device has taken in, from its log.</summary>
internal sealed class PulledRows
{
    private long _rows;

    public PulledRows() => Log = new LogTap(LogTap.PageApplied, values =>
        OnRows(Interlocked.Add(ref _rows, Convert.ToInt64(values.First(static value => value.Key == "Rows").Value, null))));

    public ILoggerFactory Log { get; }

    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Told after each page how many there were.</summary>
    public Action<long> OnRows { get; set; } = static _ => { };
}
