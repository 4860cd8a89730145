using OrleansSync.Convergence.Tests.History;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>Once the revocation of a device is done, no commit has anything of it.</summary>
internal sealed class RevocationChecker(RunRecord record, Func<DeviceId> device, Func<bool> isDone) : Checker(record)
{
    public override void OnCommit(ScopeCommit commit)
    {
        if (!isDone()) return;
        foreach (var entry in commit.Operations.Where(entry => entry.Device == device()))
            Report(Verdict.Doubled, $"commit {commit.Sequence} has it after its device was revoked", Record.Find(entry.Operation));
    }
}
