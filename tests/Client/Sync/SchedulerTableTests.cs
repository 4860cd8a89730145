using System.Reflection;
using CsCheck;
using OrleansSync.Client.Sync;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>The tables under "The scheduler" of docs/SPEC.md against the scheduler: each cell, and whatever else can happen.</summary>
public sealed class SchedulerTableTests
{
    public static TheoryData<string, string, string> Cases()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var what in SchedulerTable.Events)
        {
            foreach (var state in SchedulerTable.States)
            {
                var cases = SchedulerTable.At(what, state);
                foreach (var one in cases) data.Add(what, state, one.Given);
                if (cases.Count == 0) data.Add(what, state, "never");
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void R5_The_scheduler_does_what_its_table_says(string what, string state, string given)
    {
        Assert.True(SchedulerWords.Events.TryGetValue(what, out var next), $"no such event: {what}");
        if (given == "never")
        {
            Assert.False(SchedulerWords.Reach(state, "", next).MayCome(next), $"{what} can come in {state}");
            return;
        }

        var world = SchedulerWords.Reach(state, given, next);
        Assert.Equal(state, SchedulerWords.StateOf(world));
        var action = world.Send(next);

        var expected = SchedulerTable.At(what, state).Single(one => one.Given == given);
        Assert.Equal((expected.State, expected.Action), (SchedulerWords.StateOf(world), action));
    }

    [Fact]
    public void R5_The_table_has_every_event_and_every_state()
    {
        Assert.Equal(SchedulerWords.Events.Keys.Order(StringComparer.Ordinal), SchedulerTable.Events.Order(StringComparer.Ordinal));
        var kinds = typeof(SchedulerEvent).GetNestedTypes(BindingFlags.Public);
        Assert.Equal(kinds.ToHashSet(), SchedulerWords.Events.Values.Select(static what => what.GetType()).ToHashSet());

        string[] states = [.. Enum.GetNames<SessionPhase>(), .. Enum.GetNames<SchedulerMode>().Skip(1)];
        Assert.Empty(states.Except(SchedulerTable.States));
    }

    [Fact]
    public void R5_Whatever_happens_to_the_scheduler_stands_in_its_table()
    {
        var met = new HashSet<(string Event, string State, string After, SchedulerAction Action)>();
        Gen.Select(SchedulerSteps.AnyLife, Gen.Int, Gen.Bool).Sample(
            (steps, seed, automatic) =>
            {
                var world = new SchedulerWorld(SchedulerWorld.Defaults with { AutoSync = automatic }, seed);
                world.Around = (next, send) =>
                {
                    var (what, state) = (SchedulerWords.RowOf(next), SchedulerWords.StateOf(world));
                    var action = send();
                    var after = SchedulerWords.StateOf(world);
                    var stands = SchedulerTable.At(what, state).Any(one => (one.State, one.Action) == (after, action));
                    Assert.True(stands, $"{what} in {state}: → {after} · {action}");
                    met.Add((what, state, after, action));
                    return action;
                };
                world.Send(new SchedulerEvent.Started());
                foreach (var step in steps) step.Do(world);
            },
            iter: 10_000,
            threads: 1);
        // So that it is no empty promise: nine of ten outcomes of the table came about.
        Assert.InRange(met.Count, SchedulerTable.Outcomes.Count() * 9 / 10, SchedulerTable.Outcomes.Count());
    }
}
