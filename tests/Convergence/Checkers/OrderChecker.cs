using OrleansSync.Convergence.Tests.History;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>What a device wrote on one entity is committed in the order of its counters.</summary>
internal sealed class OrderChecker(RunRecord record) : Checker(record)
{
    private readonly Dictionary<(DeviceId Device, EntityKey Entity), long> _last = [];

    public override void OnCommit(ScopeCommit commit)
    {
        foreach (var entry in commit.Operations.Where(static entry => entry.Outcome != OutcomeKind.Rejected).OrderBy(static entry => entry.Counter))
        {
            var key = (entry.Device, entry.Entity);
            if (_last.TryGetValue(key, out var last) && entry.Counter <= last)
                Report(Verdict.Diverged, $"commit {commit.Sequence} has it after the device's {last}", Record.Find(entry.Operation));
            _last[key] = entry.Counter;
        }
    }
}
