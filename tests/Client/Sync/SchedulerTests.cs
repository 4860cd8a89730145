using OrleansSync.Client.Sync;

namespace OrleansSync.Client.Tests.Sync;

public sealed class SchedulerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void It_does_nothing_before_it_is_started()
    {
        var world = new SchedulerWorld();
        world.Send(new SchedulerEvent.LocalWrite());
        world.Advance(TimeSpan.FromDays(1));
        Assert.Empty(world.Actions);
    }

    [Fact]
    public void A_push_leaves_when_three_seconds_are_quiet()
    {
        var world = new SchedulerWorld();
        world.Connect();
        world.Advance(5 * Second);
        world.Send(new SchedulerEvent.LocalWrite());
        world.Advance(2 * Second);
        world.Send(new SchedulerEvent.LocalWrite());
        world.Advance(2.999 * Second);
        Assert.Equal(0, world.Count(SchedulerAction.Push));
        world.Advance(0.001 * Second);
        Assert.Equal(1, world.Count(SchedulerAction.Push));
    }

    [Fact]
    public void A_steady_writer_is_pushed_every_ten_seconds_and_not_per_keystroke()
    {
        var world = new SchedulerWorld();
        world.Connect();
        for (var i = 0; i < 600; i++)
        {
            world.Send(new SchedulerEvent.LocalWrite());
            world.Advance(0.1 * Second);
            if (world.Carrying == SchedulerAction.Push) world.Send(new SchedulerEvent.PushFinished(Remaining: true));
        }

        Assert.InRange(world.Count(SchedulerAction.Push), 5, 6);
    }

    [Fact]
    public void Writes_during_a_push_wait_for_the_next_one()
    {
        var world = new SchedulerWorld();
        world.Connect();
        world.Send(new SchedulerEvent.LocalWrite());
        world.Advance(3 * Second);
        world.Send(new SchedulerEvent.LocalWrite());
        world.Advance(60 * Second);
        Assert.Equal(1, world.Count(SchedulerAction.Push));
        Assert.Equal(SchedulerAction.Push, world.Send(new SchedulerEvent.PushFinished(Remaining: true)));
    }

    [Fact]
    public void Failures_double_the_delay_up_to_a_minute_with_full_jitter()
    {
        var longest = new[] { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
        var sums = new double[longest.Length];
        const int Runs = 200;
        for (var seed = 0; seed < Runs; seed++)
        {
            var world = new SchedulerWorld(seed: seed);
            world.Send(new SchedulerEvent.Started());
            for (var i = 0; i < longest.Length; i++)
            {
                var failed = world.Now;
                world.Fail();
                world.Advance(longest[i] * Second);
                Assert.Equal(i + 2, world.Count(SchedulerAction.OpenSession));
                sums[i] += (world.Actions[^1].At - failed).TotalSeconds;
            }
        }

        for (var i = 0; i < longest.Length; i++) Assert.InRange(sums[i] / Runs, longest[i] * 0.4, longest[i] * 0.6);
    }

    [Fact]
    public void The_server_is_not_asked_again_before_the_time_it_named()
    {
        var world = new SchedulerWorld();
        world.Connect();
        world.Fail(retryAfter: 90 * Second);
        world.Advance(89.9 * Second);
        Assert.Equal(1, world.Count(SchedulerAction.OpenSession));
        world.Advance(0.1 * Second);
        Assert.Equal(2, world.Count(SchedulerAction.OpenSession));
    }

    [Fact]
    public void A_sync_on_request_skips_the_backoff_but_not_the_time_the_server_named()
    {
        var world = new SchedulerWorld();
        world.Send(new SchedulerEvent.Started());
        for (var i = 0; i < 8; i++)
        {
            world.Fail();
            Assert.Equal(SchedulerAction.OpenSession, world.SessionOpen ? SchedulerAction.OpenSession : world.Send(new SchedulerEvent.SyncRequested()));
        }

        world.Fail(retryAfter: 5 * Second);
        Assert.Equal(SchedulerAction.None, world.Send(new SchedulerEvent.SyncRequested()));
        world.Advance(5 * Second);
        Assert.True(world.SessionOpen);
    }

    [Fact]
    public void A_long_connection_starts_the_backoff_anew_and_a_short_one_does_not()
    {
        var world = new SchedulerWorld();
        world.Send(new SchedulerEvent.Started());
        for (var i = 0; i < 10; i++)
        {
            world.Fail();
            world.Advance(60 * Second);
            world.FinishSync();
        }

        var flapping = world.Now;
        world.Fail();
        world.Advance(60 * Second);
        var afterFlapping = world.Actions[^1].At - flapping;
        world.FinishSync();
        world.Advance(2 * 60 * Second);
        var stable = world.Now;
        world.Fail();
        world.Advance(Second);
        Assert.True(world.SessionOpen, "the first delay after a long connection is at most a second");
        Assert.InRange(world.Actions[^1].At - stable, TimeSpan.Zero, Second);
        Assert.True(afterFlapping > Second, $"seed 1 draws a long delay after ten short connections, not {afterFlapping}");
    }

    [Fact]
    public void A_quiet_connection_syncs_every_fifteen_minutes()
    {
        var world = new SchedulerWorld();
        world.Connect();
        for (var i = 0; i < 4; i++)
        {
            world.Advance(15 * 60 * Second);
            Assert.Equal(i + 1, world.Count(SchedulerAction.Sync));
            world.FinishSync();
        }
    }

    [Fact]
    public void R5_Without_a_network_nothing_is_tried_until_there_is_one_again()
    {
        var world = new SchedulerWorld();
        world.Send(new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: false)));
        world.Send(new SchedulerEvent.Started());
        world.Advance(600 * Second);
        Assert.Empty(world.Actions);

        // It may be wrong about that: the periodic sync is tried.
        world.Advance(300 * Second);
        Assert.Equal(1, world.Count(SchedulerAction.OpenSession));
        world.Fail();
        world.Advance(899 * Second);
        Assert.Equal(1, world.Count(SchedulerAction.OpenSession));

        Assert.Equal(SchedulerAction.OpenSession, world.Send(new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: true))));
    }

    [Fact]
    public void R5_A_network_that_comes_back_skips_the_backoff_but_not_the_time_the_server_named()
    {
        var world = new SchedulerWorld();
        world.Send(new SchedulerEvent.Started());
        for (var i = 0; i < 8; i++)
        {
            world.Fail();
            world.Advance(60 * Second);
        }

        world.Send(new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: false)));
        world.Fail(retryAfter: 30 * Second);
        Assert.Equal(SchedulerAction.None, world.Send(new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: true))));
        world.Advance(30 * Second);
        Assert.Equal(10, world.Count(SchedulerAction.OpenSession));
        // And the backoff has begun anew.
        world.Fail();
        world.Advance(1 * Second);
        Assert.Equal(11, world.Count(SchedulerAction.OpenSession));
    }

    [Fact]
    public void R5_Without_a_network_a_request_is_tried_all_the_same()
    {
        var world = new SchedulerWorld();
        world.Send(new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: false)));
        world.Send(new SchedulerEvent.Started());
        Assert.Equal(SchedulerAction.OpenSession, world.Send(new SchedulerEvent.SyncRequested()));
    }

    [Fact]
    public void R5_A_device_that_saves_pushes_once_a_minute_and_catches_up_when_it_does_not()
    {
        var world = new SchedulerWorld();
        world.Connect();
        world.Send(new SchedulerEvent.ConditionsTold(new DeviceConditions(Saving: true, NetworkAvailable: true)));
        for (var i = 0; i < 300; i++)
        {
            world.Send(new SchedulerEvent.LocalWrite());
            world.Advance(1 * Second);
            if (world.Carrying == SchedulerAction.Push) world.Send(new SchedulerEvent.PushFinished(Remaining: false));
        }

        Assert.InRange(world.Count(SchedulerAction.Push), 4, 5);
        Assert.Equal(TimeSpan.FromMinutes(1), world.Scheduler.Quiet);
        world.Send(new SchedulerEvent.LocalWrite());
        world.Advance(3 * Second);
        var pushes = world.Count(SchedulerAction.Push);
        Assert.Equal(SchedulerAction.Push, world.Send(new SchedulerEvent.ConditionsTold(new DeviceConditions(NetworkAvailable: true))));
        Assert.Equal(pushes + 1, world.Count(SchedulerAction.Push));
    }

    [Fact]
    public void Requests_during_a_sync_share_one_that_begins_after_it()
    {
        var world = new SchedulerWorld();
        world.Connect();
        Assert.Equal(SchedulerAction.Sync, world.Send(new SchedulerEvent.SyncRequested()));
        world.Send(new SchedulerEvent.SyncStarted());
        world.Send(new SchedulerEvent.SyncRequested());
        world.Send(new SchedulerEvent.SyncRequested());
        Assert.Equal(SchedulerAction.Sync, world.Send(new SchedulerEvent.SyncFinished()));
        world.Send(new SchedulerEvent.SyncStarted());
        Assert.Equal(SchedulerAction.None, world.Send(new SchedulerEvent.SyncFinished()));
    }

    [Fact]
    public void A_pause_closes_the_session_and_a_resume_opens_one_only_after_its_end()
    {
        var world = new SchedulerWorld();
        world.Connect();
        Assert.Equal(SchedulerAction.CloseSession, world.Send(new SchedulerEvent.Paused()));
        Assert.Equal(SchedulerAction.None, world.Send(new SchedulerEvent.Resumed()));
        Assert.Equal(SchedulerAction.OpenSession, world.Send(new SchedulerEvent.SessionEnded(null)));
        world.Send(new SchedulerEvent.Paused());
        world.Send(new SchedulerEvent.SessionEnded(null));
        world.Send(new SchedulerEvent.LocalWrite());
        world.Advance(TimeSpan.FromDays(1));
        Assert.False(world.SessionOpen);
    }

    [Fact]
    public void Refused_credentials_are_asked_for_at_once_and_then_with_backoff()
    {
        var world = new SchedulerWorld();
        world.Connect();
        world.Fail(SessionFaultKind.Unauthenticated);
        Assert.Equal(SchedulerAction.AskCredentials, world.Actions[^1].Action);
        Assert.Equal(SchedulerAction.OpenSession, world.Send(new SchedulerEvent.CredentialsAnswered(HasToken: true)));
        world.Fail(SessionFaultKind.Unauthenticated);
        Assert.False(world.Asking);
        Assert.Equal(SchedulerMode.Unauthenticated, world.Scheduler.Mode);
        world.Advance(60 * Second);
        Assert.True(world.Asking);
        world.Send(new SchedulerEvent.CredentialsAnswered(HasToken: false));
        Assert.False(world.SessionOpen);
        world.Advance(60 * Second);
        Assert.True(world.Asking);
        Assert.Equal(SchedulerAction.OpenSession, world.Send(new SchedulerEvent.CredentialsAnswered(HasToken: true)));
        world.FinishSync();
        Assert.Equal(SessionPhase.Watching, world.Scheduler.Phase);
    }

    [Fact]
    public void A_refusal_stops_until_somebody_asks()
    {
        var world = new SchedulerWorld();
        world.Connect();
        world.Fail(SessionFaultKind.Refused);
        world.Send(new SchedulerEvent.LocalWrite());
        world.Advance(TimeSpan.FromDays(1));
        Assert.Equal(SchedulerMode.Refused, world.Scheduler.Mode);
        Assert.Equal(1, world.Count(SchedulerAction.OpenSession));
        Assert.Equal(SchedulerAction.OpenSession, world.Send(new SchedulerEvent.SyncRequested()));
    }

    [Fact]
    public void Without_automatic_syncing_only_a_request_opens_a_session_and_the_session_is_one_sync()
    {
        var world = new SchedulerWorld(SchedulerWorld.Defaults with { AutoSync = false });
        world.Send(new SchedulerEvent.Started());
        world.Send(new SchedulerEvent.LocalWrite());
        world.Advance(TimeSpan.FromDays(1));
        Assert.Empty(world.Actions);
        Assert.Equal(SchedulerAction.OpenSession, world.Send(new SchedulerEvent.SyncRequested()));
        world.FinishSync();
        Assert.Equal(SchedulerAction.None, world.Send(new SchedulerEvent.SessionEnded(null)));
        world.Send(new SchedulerEvent.SyncRequested());
        Assert.Equal(SchedulerAction.CloseSession, world.Send(new SchedulerEvent.SyncAbandoned()));
        Assert.Equal(SchedulerAction.None, world.Send(new SchedulerEvent.SessionEnded(null)));
    }

    [Fact]
    public void Without_automatic_syncing_a_refused_token_is_renewed_once_for_the_request()
    {
        var world = new SchedulerWorld(SchedulerWorld.Defaults with { AutoSync = false });
        world.Send(new SchedulerEvent.SyncRequested());
        world.Send(new SchedulerEvent.SyncStarted());
        world.Fail(SessionFaultKind.Unauthenticated);
        Assert.True(world.Asking);
        Assert.Equal(SchedulerAction.OpenSession, world.Send(new SchedulerEvent.CredentialsAnswered(HasToken: true)));
        world.Fail(SessionFaultKind.Unauthenticated);
        world.Advance(TimeSpan.FromDays(1));
        Assert.Equal(2, world.Count(SchedulerAction.OpenSession));
        Assert.Equal(1, world.Count(SchedulerAction.AskCredentials));
    }

    [Fact]
    public void Without_automatic_syncing_a_pause_ends_what_was_asked_for_though_the_token_is_refused_meanwhile()
    {
        var world = new SchedulerWorld(SchedulerWorld.Defaults with { AutoSync = false });
        world.Send(new SchedulerEvent.SyncRequested());
        world.Send(new SchedulerEvent.Paused());
        world.Fail(SessionFaultKind.Unauthenticated);
        Assert.Equal(SchedulerAction.None, world.Send(new SchedulerEvent.Resumed()));
        Assert.Equal(SchedulerAction.OpenSession, world.Send(new SchedulerEvent.SyncRequested()));
    }

    [Fact]
    public void A_stop_closes_the_session_and_is_final()
    {
        var world = new SchedulerWorld();
        world.Connect();
        Assert.Equal(SchedulerAction.CloseSession, world.Send(new SchedulerEvent.Stopped()));
        world.Send(new SchedulerEvent.Resumed());
        world.Send(new SchedulerEvent.SyncRequested());
        world.Send(new SchedulerEvent.SessionEnded(null));
        world.Advance(TimeSpan.FromDays(1));
        Assert.False(world.SessionOpen);
    }
}
