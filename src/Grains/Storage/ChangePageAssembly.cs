using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>A row and its share of <see cref="ChangeQuery.MaxBytes"/>.</summary>
public readonly record struct SizedRow(StoredRow Row, int Bytes);

/// <summary>The rows of a page.</summary>
/// <param name="Rows">Those that fit.</param>
/// <param name="ReachesHead">None are left.</param>
/// <param name="OutcomesThrough">The sequence through which the page wants outcomes.</param>
public sealed record PageRows(List<StoredRow> Rows, bool ReachesHead, long OutcomesThrough);

/// <summary>Where a page ends: the same for every store, over what it reads in one snapshot.</summary>
public static class ChangePageAssembly
{
    /// <param name="query">What was asked.</param>
    /// <param name="state">The scope in the snapshot.</param>
    /// <param name="rows">All that the query selects, in order; read one further than the page: is there a next one?</param>
    public static PageRows TakeRows(ChangeQuery query, ScopeState state, IEnumerable<SizedRow> rows)
    {
        if (query.MaxRows < 1 || query.MaxBytes < 1 || query.MaxOutcomes < 1)
            throw new ArgumentOutOfRangeException(nameof(query), query, "A page holds at least one row, byte and outcome.");

        var taken = TakeRows(query, rows, out var reachesHead);
        // The outcomes of a row's sequence travel with the first page that has a row of it: a device applies a row only
        // together with its own outcomes up to there.
        return new PageRows(taken, reachesHead, reachesHead ? state.Head : taken[^1].Sequence);
    }

    /// <param name="query">What was asked.</param>
    /// <param name="state">The scope in the snapshot.</param>
    /// <param name="rows">From <see cref="TakeRows(ChangeQuery, ScopeState, IEnumerable{SizedRow})"/>.</param>
    /// <param name="outcomes">
    /// The device's outcomes above OutcomesAfter up to the rows' OutcomesThrough, in order of sequence; at least up to the first
    /// that does not fit.
    /// </param>
    /// <param name="digests">Asked for only where the page is complete.</param>
    public static ChangePage Assemble(
        ChangeQuery query, ScopeState state, PageRows rows, IEnumerable<Outcome> outcomes, Func<ImmutableArray<TypeDigest>> digests)
    {
        var (taken, reachesHead, wanted) = rows;
        var fitting = TakeOutcomes(query.MaxOutcomes, wanted, outcomes, out var through);
        if (through < wanted) taken.RemoveAll(row => row.Sequence > through);

        var complete = reachesHead && through == wanted;
        var next = complete || through < wanted ? ChangePosition.AfterSequence(through) : ChangePosition.AfterRow(taken[^1]);
        return new ChangePage
        {
            State = state,
            Stored = [.. taken],
            Outcomes = [.. fitting],
            Complete = complete,
            // Never backwards, where the outcomes asked for lie behind the rows.
            Next = next.CompareTo(query.After) < 0 ? query.After : next,
            Through = through,
            Digests = complete ? digests() : [],
        };
    }

    private static List<StoredRow> TakeRows(ChangeQuery query, IEnumerable<SizedRow> rows, out bool reachesHead)
    {
        var taken = new List<StoredRow>();
        long bytes = 0;
        foreach (var (row, size) in rows)
        {
            if (taken.Count == query.MaxRows || bytes >= query.MaxBytes)
            {
                reachesHead = false;
                return taken;
            }

            taken.Add(row);
            bytes += size;
        }

        reachesHead = true;
        return taken;
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
