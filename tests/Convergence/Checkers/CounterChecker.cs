using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Convergence.Tests.Workload;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>Counters of entities that nobody deletes are the sum of all increments that were accepted: no merge code is asked.</summary>
internal sealed class CounterChecker(RunRecord record) : Checker(record)
{
    public override void AtRest(AtRest rest)
    {
        var sums = new Dictionary<EntityKey, Int128>();
        foreach (var written in Record.Operations)
        {
            if (written.Operation.Entity.Type != Types.Ledger || !written.WasAccepted) continue;
            foreach (var change in written.Operation.Changes.OfType<IncrementField>())
                sums[written.Operation.Entity] = sums.GetValueOrDefault(written.Operation.Entity) + change.Delta;
        }

        foreach (var row in rest.Page.Rows.Where(static row => row.Key.Type == Types.Ledger))
        {
            var stored = row.Fields.OfType<CounterField>().SingleOrDefault()?.Value ?? 0;
            var sum = sums.GetValueOrDefault(row.Key);
            if (stored != sum) Report(stored > sum ? Verdict.Doubled : Verdict.Lost, $"{row.Key} counts {stored}; its increments are {sum}");
        }
    }
}
