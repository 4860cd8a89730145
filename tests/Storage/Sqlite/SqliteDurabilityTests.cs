using System.Diagnostics;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;
using OrleansSync.Storage.Writer;

namespace OrleansSync.Storage.Tests.Sqlite;

public sealed class SqliteDurabilityTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(20260101)]
    public async Task I1_Every_acknowledged_commit_survives_kill_9_whole_and_none_is_there_by_half(int seed)
    {
        const int Kills = 12;
        var random = new Random(seed);
        var acknowledged = new long[Workload.Scopes];
        for (var kill = 1; kill <= Kills; kill++)
        {
            var left = random.Next(1, 300);
            await WriterProcess.RunAsync(Writer(), (what, scope, sequence) =>
            {
                Assert.Equal(("committed", acknowledged[scope] + 1), (what, sequence));
                acknowledged[scope] = sequence;
                return --left > 0;
            });
            await using var store = _folder.Open();
            for (var scope = 0; scope < Workload.Scopes; scope++)
                acknowledged[scope] = await WorkloadCheck.VerifyAsync(store, scope, acknowledged[scope], acknowledged[scope] + 1);
        }

        Assert.True(acknowledged.Sum() > Kills, "Nothing was written.");
        Assert.Empty(_folder.Complaints);
    }

    /// <summary>
    /// The file may not grow further, so the log cannot be written, which the commit is the first to notice. A claim that
    /// is answered afterwards is definitive: reopening finds the head that it named, and never a later one.
    /// </summary>
    [Fact]
    public async Task A_commit_that_the_disk_fails_is_unknown_and_what_the_claim_says_then_stays_true()
    {
        var limited = Writer();
        limited.ArgumentList.Insert(0, limited.FileName);
        // Units of 512 bytes. The signal is ignored, so that a write past the limit fails like one on a full disk.
        limited.ArgumentList.Insert(0, "trap '' XFSZ; ulimit -f 16384; exec \"$0\" \"$@\"");
        limited.ArgumentList.Insert(0, "-c");
        limited.FileName = "sh";
        // The runtime keeps its code in a memory file of more than that.
        limited.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        var acknowledged = new long[Workload.Scopes];
        var claimed = new long?[Workload.Scopes];
        var unknown = 0;
        await WriterProcess.RunAsync(limited, (what, scope, sequence) =>
        {
            if (what == "committed") acknowledged[scope] = sequence;
            if (what == "claimed") claimed[scope] = sequence;
            if (what == "unknown") unknown++;
            return true;
        });

        Assert.True(unknown > 0, "No commit failed at its end.");
        await using var store = _folder.Open();
        for (var scope = 0; scope < Workload.Scopes; scope++)
            await WorkloadCheck.VerifyAsync(store, scope, claimed[scope] ?? acknowledged[scope], claimed[scope] ?? acknowledged[scope] + 1);
        var owner = await Owner.ClaimAsync(store, ScopeId.ForUser("later"));
        await owner.CommitAsync(owner.Put("a"));
    }

    private ProcessStartInfo Writer() => WriterProcess.On(_folder.Path);

    [Fact]
    public async Task A_full_file_makes_the_store_unavailable_keeps_what_it_holds_and_writes_again_with_room()
    {
        var scope = ScopeId.ForUser("ada");
        var json = $"\"{new string('x', 50_000)}\"";
        Owner owner;
        long head;
        await using (var store = _folder.Open(_folder.Options with { MaxMebibytes = 1 }))
        {
            owner = await Owner.ClaimAsync(store, scope);
            // More than fits: the first ones commit, then none of that size does.
            for (var i = 0; i < 5; i++) await owner.CommitAsync(owner.Put($"{i}", json));
            var faults = 0;
            for (var i = 5; i < 30; i++)
            {
                try
                {
                    await owner.CommitAsync(owner.Put($"{i}", json));
                    Assert.Equal(0, faults);
                }
                catch (StoreUnavailableException)
                {
                    faults++;
                }
            }

            head = owner.Head;
            Assert.True(faults > 0);
            Assert.Equal(head, (await store.ReadScopeAsync(scope, default))!.Head);
            // What needs no room goes on.
            owner.Epoch = (await store.ClaimAsync(scope, default)).State.Epoch;
        }

        await using var roomy = _folder.Open();
        Assert.Equal(head, (await roomy.ReadScopeAsync(scope, default))!.Head);
        var again = await Owner.ClaimAsync(roomy, scope);
        Assert.Equal(head + 1, await again.CommitAsync(again.Put("new", json)));
        Assert.All(_folder.Complaints, complaint => Assert.StartsWith("4003", complaint, StringComparison.Ordinal));
    }
}
