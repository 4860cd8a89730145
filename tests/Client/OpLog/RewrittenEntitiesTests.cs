using OrleansSync.Client.OpLog;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.OpLog;

public sealed class RewrittenEntitiesTests
{
    [Fact]
    public void Each_is_taken_once_and_what_is_left_stays_as_it_was()
    {
        var some = RewrittenEntities.None.With(Key(1)).With(Key(2)).With(Key(1)).With(Key(3));

        var (taken, left) = some.Take(2);

        Assert.Equal([Key(1), Key(3)], taken.OrderBy(static key => key.Id));
        Assert.Equal([Key(1), Key(2)], left.Take(10).Taken.OrderBy(static key => key.Id));
        Assert.Equal([Key(1), Key(2), Key(3)], some.Take(10).Taken.OrderBy(static key => key.Id));
        Assert.True(some.Take(3).Left.Take(10).Left.IsEmpty);
    }

    [Fact]
    public void An_entity_that_is_written_again_and_again_takes_the_room_of_one()
    {
        var some = RewrittenEntities.None;
        for (var i = 0; i < 1_000_000; i++) some = some.With(Key(i % 700));

        Assert.InRange(some.Entered, 700, 1_400);
        Assert.Equal(700, some.Take(int.MaxValue).Taken.Count);
    }

    [Fact]
    public void As_many_as_there_are_can_be_entered()
    {
        var some = RewrittenEntities.Of([.. Enumerable.Range(0, 5_000).Select(Key)]);
        for (var i = 0; i < 20_000; i++) some = some.With(Key(i));

        Assert.Equal(20_000, some.Take(int.MaxValue).Taken.Count);
    }

    private static EntityKey Key(int number) => new("notes", $"n{number}");
}
