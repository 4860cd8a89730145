using Grpc.Net.Client;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Workloads;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>A device of each user that was up to date before others of the user pushed, and pulls what they did.</summary>
internal sealed class GrowthReaders : IDisposable
{
    private readonly Dictionary<string, Reader> _readers = [];

    private GrowthReaders()
    {
    }

    public int Count => _readers.Count;

    public static async Task<GrowthReaders> OpenAsync(Uri address, IEnumerable<string> users, CancellationToken cancellationToken)
    {
        var readers = new GrowthReaders();
        foreach (var user in users)
        {
            var channel = Channels.Open(address);
            var device = new WireDevice(channel, user);
            await device.OpenAsync(cancellationToken);
            readers._readers.Add(user, new Reader(channel, device, []));
        }

        return readers;
    }

    /// <summary>All pull, at the same time.</summary>
    public Task PullAsync(CancellationToken cancellationToken) => Task.WhenAll(_readers.Values.Select(reader => Task.Run(
        () => reader.Device.PullAsync(reader.Device.Cursor, page => reader.Rows.AddRange(page.Rows), cancellationToken), cancellationToken)));

    /// <summary>Each entity that was written came once, as it was written, and nothing else came.</summary>
    public void Verify(string user, IReadOnlyList<GrowthWrites> writes)
    {
        var rows = _readers[user].Rows;
        Check.Equal(writes.Sum(static one => one.Count), rows.Count, $"Rows of {user} since the push");
        var found = rows.DistinctBy(static row => row.EntityId).ToDictionary(static row => row.EntityId);
        Check.Equal(rows.Count, found.Count, $"Entities among the rows of {user}");
        foreach (var note in writes.SelectMany(static one => one.Expected()))
            Check.Row(found.GetValueOrDefault(note.Id) ?? throw new BenchException($"{user} did not get note {note.Id}."), note, user);
    }

    public void Dispose()
    {
        foreach (var reader in _readers.Values) reader.Channel.Dispose();
    }

    private sealed record Reader(GrpcChannel Channel, WireDevice Device, List<Row> Rows);
}
