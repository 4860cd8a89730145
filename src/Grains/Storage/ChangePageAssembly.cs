using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>Where a page ends: the same for every store, over what it reads in one snapshot.</summary>
public static class ChangePageAssembly
{
    /// <param name="query">What was asked.</param>
    /// <param name="state">The scope in the snapshot.</param>
    /// <param name="rows">All that was read.</param>
    /// <param name="outcomes">
    /// The device's outcomes above OutcomesAfter, in order of sequence; at least up to the rows' OutcomesThrough, or to the first that does not
    /// fit.
    /// </param>
    /// <param name="digests">Asked for only where the page is complete.</param>
    public static ChangePage Assemble(
        ChangeQuery query, ScopeState state, PageRows rows, IEnumerable<Outcome> outcomes, Func<ImmutableArray<TypeDigest>> digests)
    {
        var (taken, wanted) = (rows.ToRows(), rows.OutcomesThrough(state));
        var fitting = TakeOutcomes(query.MaxOutcomes, wanted, outcomes.TakeWhile(outcome => outcome.Sequence <= wanted), out var through);
        if (through < wanted) taken = StoredRows.Of(taken.AsEnumerable().TakeWhile(row => row.Sequence <= through));

        var complete = rows.ReachesHead && through == wanted;
        var next = complete || through < wanted ? ChangePosition.AfterSequence(through) : ChangePosition.AfterRow(taken.Last);
        return new ChangePage
        {
            State = state,
            Stored = taken,
            Outcomes = [.. fitting],
            Complete = complete,
            // Never backwards, where the outcomes asked for lie behind the rows.
            Next = next.CompareTo(query.After) < 0 ? query.After : next,
            Through = through,
            Digests = complete ? digests() : [],
        };
    }

    /// <summary>Whole sequences only, as many as fit, and at least one.</summary>
    private static List<Outcome> TakeOutcomes(int max, long wanted, IEnumerable<Outcome> outcomes, out long through)
    {
        var taken = new List<Outcome>();
        foreach (var outcome in outcomes)
        {
            if (taken.Count >= max && outcome.Sequence != taken[0].Sequence)
            {
                through = outcome.Sequence - 1;
                taken.RemoveAll(other => other.Sequence == outcome.Sequence);
                return taken;
            }

            taken.Add(outcome);
        }

        through = wanted;
        return taken;
    }
}
