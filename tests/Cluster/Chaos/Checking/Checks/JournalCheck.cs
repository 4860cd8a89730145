using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>Every operation is in the journal at most once, as its device wrote it, and every one in it was written by a device.</summary>
internal sealed class JournalCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        foreach (var twice in user.Scope.Journal.GroupBy(static row => row.Operation).Where(static group => group.Count() > 1))
            yield return new Violation(ViolationKind.Doubled, $"operation {twice.Key} is in the journal {twice.Count()} times", twice.Key);

        foreach (var reused in user.Reused)
            yield return new Violation(ViolationKind.Doubled, $"operation {reused} left its device with two contents", reused);

        foreach (var row in user.Journal.Values)
        {
            if (!user.Operations.TryGetValue(row.Operation, out var operation))
            {
                yield return new Violation(ViolationKind.Diverged, $"operation {row.Operation} is in the journal, but left no device", row.Operation, row.Entity);
                continue;
            }

            var same = row.Device == operation.Device.Value && row.Counter == operation.Counter && row.Entity == operation.Entity
                && row.Kind == operation.Kind && row.ContentHash == OperationEncoding.ContentHash(operation);
            if (!same) yield return new Violation(ViolationKind.Diverged, $"the journal has operation {row.Operation} otherwise than its device sent it", row.Operation, row.Entity);
        }
    }
}
