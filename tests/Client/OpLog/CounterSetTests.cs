using CsCheck;
using OrleansSync.Client.OpLog;

namespace OrleansSync.Client.Tests.OpLog;

public sealed class CounterSetTests
{
    private const int Most = 40;

    private static readonly Gen<int[]> Counters = Gen.Int[1, Most].Array[0, 12].Select(static all => all.Distinct().Order().ToArray());

    [Fact]
    public void A_set_of_counters_holds_what_was_added_and_not_taken_out_since() =>
        Gen.Select(Gen.Bool, Counters).Array[0, 12].Sample(steps =>
        {
            var (set, model) = (CounterSet.Empty, new HashSet<int>());
            foreach (var (add, counters) in steps)
            {
                var runs = CounterRuns.Of(counters.Select(static counter => (long)counter));
                set = add ? set.With(runs) : set.Without(runs);
                if (add) model.UnionWith(counters);
                else model.ExceptWith(counters);
                for (var counter = 0; counter <= Most + 1; counter++) Assert.Equal(EndOfRun(model, counter), set.EndOfRun(counter));
            }
        });

    private static long? EndOfRun(HashSet<int> model, int counter)
    {
        if (!model.Contains(counter)) return null;
        while (model.Contains(counter + 1)) counter++;
        return counter;
    }
}
