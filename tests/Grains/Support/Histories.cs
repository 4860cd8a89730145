using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Tests.Support;

/// <summary>What random histories have in common: a store that fails at random, callers that do not give up, and rows as texts.</summary>
internal static class Histories
{
    private static readonly CommitFault[] Faults = [CommitFault.Unavailable, CommitFault.UnknownCommitted, CommitFault.UnknownLost, CommitFault.FencedBefore];

    /// <summary>One commit in so many fails, in any of the ways that there are.</summary>
    public static void BreakCommits(World world, Random random, int oneIn) => world.Store.Random = () =>
    {
        lock (random) return random.Next(oneIn) == 0 ? Faults[random.Next(Faults.Length)] : CommitFault.None;
    };

    /// <summary>Calls until there are outcomes.</summary>
    public static async Task<Outcome[]> UntilDoneAsync(Func<Task<PushReply>> call)
    {
        while (true)
        {
            var reply = await call();
            if (reply.Status == PushStatus.Done) return [.. reply.Outcomes];
            Assert.Equal(PushStatus.Unavailable, reply.Status);
        }
    }

    /// <summary>All of a row but the time of its deletion, which is the server's and no part of the law.</summary>
    public static string? BytesOf(EntityRow? row)
    {
        if (row is null) return null;
        row = row with { DeletedAt = 0 };
        return $"{row.Key} {row.Sequence} {Convert.ToHexString(RowEncoding.EncodeDocument(row))} {Convert.ToHexString(RowEncoding.EncodeMeta(row))}";
    }
}
