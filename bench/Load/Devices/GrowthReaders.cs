using Grpc.Net.Client;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Workloads;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>Devices of each user that were up to date before others of the user pushed, and pull what they did.</summary>
internal sealed class GrowthReaders : IDisposable
{
    private readonly List<Reader[]> _turns = [];

    private GrowthReaders()
    {
    }

    /// <param name="address">The gateway's.</param>
    /// <param name="users">Whose devices.</param>
    /// <param name="turns">As many of each user.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    public static async Task<GrowthReaders> OpenAsync(
        Uri address, IReadOnlyList<string> users, int turns, CancellationToken cancellationToken)
    {
        var readers = new GrowthReaders();
        for (var turn = 0; turn < turns; turn++)
        {
            var opened = new Reader[users.Count];
            for (var i = 0; i < opened.Length; i++)
            {
                var channel = Channels.Open(address);
                opened[i] = new Reader(users[i], channel, new WireDevice(channel, users[i]), []);
                await opened[i].Device.OpenAsync(cancellationToken);
            }

            readers._turns.Add(opened);
        }

        return readers;
    }

    /// <summary>One device of each user pulls at a time, then the next one.</summary>
    public async Task PullAsync(CancellationToken cancellationToken)
    {
        foreach (var turn in _turns)
        {
            await Task.WhenAll(turn.Select(reader => Task.Run(
                () => reader.Device.PullAsync(reader.Device.Cursor, page => reader.Rows.AddRange(page.Rows), cancellationToken), cancellationToken)));
        }
    }

    /// <summary>To each device of the user each entity that was written came once, as it was written, and nothing else came.</summary>
    public void Verify(string user, IReadOnlyList<GrowthWrites> writes)
    {
        foreach (var reader in _turns.SelectMany(static turn => turn).Where(reader => reader.User == user))
        {
            Check.Equal(writes.Sum(static one => one.Count), reader.Rows.Count, $"Rows of {user} since the push");
            var found = reader.Rows.DistinctBy(static row => row.EntityId).ToDictionary(static row => row.EntityId);
            Check.Equal(reader.Rows.Count, found.Count, $"Entities among the rows of {user}");
            foreach (var note in writes.SelectMany(static one => one.Expected()))
                Check.Row(found.GetValueOrDefault(note.Id) ?? throw new BenchException($"{user} did not get note {note.Id}."), note, user);
        }
    }

    public void Dispose()
    {
        foreach (var reader in _turns.SelectMany(static turn => turn)) reader.Channel.Dispose();
    }

    private sealed record Reader(string User, GrpcChannel Channel, WireDevice Device, List<Row> Rows);
}
