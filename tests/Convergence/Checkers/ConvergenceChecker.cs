using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Runs;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>At rest all devices that may read hold and show the same rows, and they are the store's.</summary>
internal sealed class ConvergenceChecker(RunRecord record) : Checker(record)
{
    public override void AtRest(AtRest rest)
    {
        foreach (var view in rest.Views)
        {
            var left = view.Rows.Keys.ToHashSet();
            foreach (var row in rest.Page.Rows)
            {
                left.Remove(row.Key);
                var held = view.Rows.GetValueOrDefault(row.Key);
                if (row.Deleted && held.Server is null && held.Local is null) continue;
                var expected = Rows.OnWire(row, Record.Schema);
                if (!Rows.Same(expected, held.Server) || !Rows.Same(expected, held.Local))
                    Report(Verdict.Diverged, $"{view.Device.Name} has {Rows.Text(held.Local)}; the store {Rows.Text(expected)}");
            }

            // A device keeps the tombstones that it has.
            left.RemoveWhere(key => view.Rows[key] is { Local.Deleted: true, Server.Deleted: true });
            foreach (var key in left) Report(Verdict.Diverged, $"{view.Device.Name} has {key}; the store does not");
        }
    }
}
