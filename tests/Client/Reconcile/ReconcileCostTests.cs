namespace OrleansSync.Client.Tests.Reconcile;

/// <summary>What travels is as large as what differs, however many rows there are. Sizes are those of the messages, both ways.</summary>
public sealed class ReconcileCostTests
{
    private const int Rows = 100_000;

    [Fact]
    public async Task R24_R42_Of_100000_rows_that_are_the_same_less_than_1_KB_travels_and_of_10_that_differ_less_than_150_KB()
    {
        await using var world = await ReconcileWorld.StartAsync();
        await world.SeedAsync(Rows);
        var phone = world.Phone.Store;

        var same = await phone.ReconcileAsync();
        Assert.Equal((1, (long)Rows, 0, 0), (same.Types, same.Rows, same.Mended, same.Dropped));
        Assert.InRange(same.Bytes, 1, 1_023);

        var bytes = new List<long>();
        foreach (var differing in (int[])[1, 10, 100])
        {
            await DamageAsync(world, Enumerable.Range(0, differing).Select(static i => (i * 977) % Rows));
            var report = await phone.ReconcileAsync();
            Assert.Equal((differing, 0), (report.Mended, report.Dropped));
            bytes.Add(report.Bytes);
        }

        Assert.InRange(bytes[1], 1, 150 * 1024 - 1);
        // Buckets are paid for once; each row that differs for its bucket's sub-buckets, an id or two, and itself.
        Assert.InRange(bytes[0], 1, 12 * 1024);
        Assert.InRange((bytes[1] - bytes[0]) / 9, 1, 8 * 1024);
        Assert.InRange((bytes[2] - bytes[1]) / 90, 1, 8 * 1024);
        Assert.Equal(await world.Laptop.Store.DigestAsync(), await phone.DigestAsync());
    }

    private static Task DamageAsync(ReconcileWorld world, IEnumerable<int> rows)
    {
        var ids = string.Join(", ", rows.Select(static i => $"'n{i:D6}'"));
        return ReconcileWorld.DamageAsync(
            world.Phone, $"UPDATE entities SET fields = replace(fields, 'title of', 't1tle of') WHERE id IN ({ids})");
    }
}
