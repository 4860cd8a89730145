using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Writer;

namespace OrleansSync.Storage.Tests.Support;

/// <summary>Compares a store with what the workload makes of it.</summary>
public static class WorkloadCheck
{
    /// <summary>The head, which lies between the two, and exactly what the workload makes up to it.</summary>
    public static async Task<long> VerifyAsync(ISyncStore store, int number, long least, long most)
    {
        var scope = Workload.Scope(number);
        var state = await store.ReadScopeAsync(scope, default);
        if (state is null)
        {
            Assert.Equal(0, least);
            return 0;
        }

        Assert.InRange(state.Head, least, most);
        Assert.Equal(state.Head == 0 ? Guid.Empty : Workload.CommitId(number, state.Head), state.LastCommit);

        var device = new Replica();
        var query = new ChangeQuery { Scope = scope, After = ChangePosition.AfterSequence(0), Device = Workload.Device };
        var page = await device.PullAsync(store, query);
        Assert.Equal(Workload.Versions(state.Head), device.Rows.ToDictionary(row => row.Key, row => row.Value.Sequence));
        foreach (var row in device.Rows.Values)
            Assert.Equal(Workload.Row(row.Key, row.Sequence, $"{row.Sequence}"), row, RowComparer.Instance);
        var operations = from sequence in Enumerable.Range(1, (int)state.Head)
                         from index in Enumerable.Range(0, Workload.RowsOf(sequence))
                         select (Workload.Operation(number, sequence, index), (long)sequence);
        Assert.Equal(operations.ToHashSet(), device.Outcomes.Select(outcome => (outcome.Operation, outcome.Sequence)).ToHashSet());
        if (state.Head > 0) Assert.Equal((UInt128)state.Head, Assert.Single(page.Digests).Digest);
        return state.Head;
    }
}
