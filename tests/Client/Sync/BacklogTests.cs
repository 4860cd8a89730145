using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Client.Tests.Wire;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>Measures the memory of the process, and so runs alone.</summary>
[CollectionDefinition(nameof(BacklogTests), DisableParallelization = true)]
[Collection(nameof(BacklogTests))]
public sealed class BacklogTests : WireTests
{
    // A recorder would keep what is logged of each operation.
    private protected override SyncStoreOptions Change(SyncStoreOptions options) => options with { LoggerFactory = NullLoggerFactory.Instance };

    [Fact]
    public async Task R8_A_backlog_of_10_000_goes_in_batches_with_progress_and_flat_memory()
    {
        const int Operations = 10_000;
        var body = new string('x', 200);
        await Task.WhenAll(Enumerable.Range(0, Operations).Select(i => Device.PutAsync($"{i:d5}", $"{i} {body}")));
        // What a process has written itself it keeps receipts of.
        await Device.ReopenAsync();
        var (seen, memory, largest, batches, taken) = (new List<SyncProgress>(), new List<long>(), 0, 0, 0);
        Script.OnBatch = batch =>
        {
            largest = Math.Max(largest, batch.Operations.Count);
            if (Device.Store.Status.Pushing is { } progress) seen.Add(progress);
            // What the server in this process would keep is not the device's.
            Script.Batches.Clear();
            taken += Script.Journal.Count;
            Script.Journal.Clear();
            if (++batches % 20 == 0) memory.Add(GC.GetTotalMemory(forceFullCollection: true));
            return Task.CompletedTask;
        };
        await Device.Store.SyncNowAsync();

        Assert.Equal((Operations, 100), (taken + Script.Journal.Count, largest));
        Assert.Equal(batches, seen.Count);
        Assert.All(seen, static one => Assert.Equal(Operations, one.Total));
        Assert.Equal(seen.Select(static one => one.Done).Order(), seen.Select(static one => one.Done));
        Assert.True(seen[^1].Done >= Operations - (Script.Window + 1) * 100, $"{seen[^1]}");
        Assert.Null(Device.Store.Status.Pushing);
        // The log as a whole is over 3 MB.
        Assert.True(memory.Max() - memory[0] < 1_500_000, string.Join(", ", memory));
    }
}
