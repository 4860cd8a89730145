using Microsoft.Extensions.Time.Testing;
using OrleansSync.Client.Sync.Reconciling;

namespace OrleansSync.Client.Tests.Reconcile;

public sealed class ReconcileScheduleTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(100));
    private readonly ReconcileSchedule _schedule;

    public ReconcileScheduleTests() => _schedule = new ReconcileSchedule(TimeSpan.FromDays(1), _time);

    [Fact]
    public void R24_It_is_due_once_a_period_and_where_the_clock_was_set_back()
    {
        var at = _time.GetUtcNow();
        Assert.False(_schedule.IsDue(drifted: false, at));
        _time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromTicks(1));
        Assert.False(_schedule.IsDue(drifted: false, at));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(_schedule.IsDue(drifted: false, at));
        Assert.True(_schedule.IsDue(drifted: false, _time.GetUtcNow() + TimeSpan.FromHours(1)));
        Assert.True(_schedule.IsDue(drifted: false, DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void R24_A_difference_that_stays_is_looked_into_ever_less_often_down_to_once_a_period()
    {
        List<double> minutes = [];
        for (var run = 0; run < 14; run++)
        {
            var rest = TimeSpan.Zero;
            while (!_schedule.IsDue(drifted: true, _time.GetUtcNow()))
            {
                _time.Advance(TimeSpan.FromMinutes(1));
                rest += TimeSpan.FromMinutes(1);
            }

            _schedule.NoteRun();
            minutes.Add(rest.TotalMinutes);
        }

        Assert.Equal([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1], minutes);
    }

    [Fact]
    public void R24_What_fails_is_not_due_again_at_once_even_where_the_period_is_over()
    {
        _schedule.NoteRun();
        Assert.False(_schedule.IsDue(drifted: false, DateTimeOffset.UnixEpoch));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(_schedule.IsDue(drifted: false, DateTimeOffset.UnixEpoch));
    }
}
