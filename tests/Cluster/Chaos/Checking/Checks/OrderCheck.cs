namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>What one device did to one entity took effect in the order in which it was done.</summary>
internal sealed class OrderCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        foreach (var line in user.Journal.Values.GroupBy(static row => (row.Device, row.Entity)))
        {
            JournalRow? before = null;
            foreach (var row in line.OrderBy(static row => row.Counter))
            {
                if (before is not null && before.Sequence > row.Sequence)
                {
                    yield return new Violation(
                        ViolationKind.Diverged,
                        $"operation {before.Operation} was written before {row.Operation} on {row.Entity}, but took effect after it ({before.Sequence}, {row.Sequence})",
                        before.Operation, row.Entity);
                }

                before = row;
            }
        }
    }
}
