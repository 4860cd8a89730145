using OrleansSync.Client.OpLog;

namespace OrleansSync.Client.Tests.OpLog;

public sealed class OperationIdsTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 17, 10, 11, 12, 345, TimeSpan.Zero);

    [Fact]
    public void They_are_what_the_platform_makes_of_the_time_and_begin_with_it()
    {
        var (platform, own) = (Guid.CreateVersion7(Now), OperationIds.New(Now));

        Assert.Equal(platform.ToString()[..15], own.ToString()[..15]);
        Assert.Equal((platform.Version, platform.Variant & 0b1100), (own.Version, own.Variant & 0b1100));
        Assert.True(OperationIds.New(Now).CompareTo(OperationIds.New(Now.AddMilliseconds(1))) < 0);
    }

    [Fact]
    public void None_is_given_twice_on_any_thread_and_each_random_bit_is_set_in_some_and_not_in_others()
    {
        var ids = Enumerable.Range(0, 4).AsParallel().WithDegreeOfParallelism(4)
            .SelectMany(static _ => Enumerable.Range(0, 5_000).Select(static _ => OperationIds.New(Now))).ToList();

        Assert.Equal(20_000, ids.Distinct().Count());
        var (any, all) = (UInt128.Zero, UInt128.MaxValue);
        foreach (var id in ids)
        {
            var bits = new UInt128(ToUInt64(id, 0), ToUInt64(id, 8));
            (any, all) = (any | bits, all & bits);
        }

        Assert.Equal(74, (int)UInt128.PopCount(any & ~all));
    }

    private static ulong ToUInt64(Guid id, int start) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(id.ToByteArray(bigEndian: true).AsSpan(start));
}
