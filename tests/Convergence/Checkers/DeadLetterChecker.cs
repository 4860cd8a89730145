using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>Nothing is dropped silently: at rest a device's dead letters are its refused operations, and no others.</summary>
internal sealed class DeadLetterChecker(RunRecord record) : Checker(record)
{
    public override void AtRest(AtRest rest)
    {
        foreach (var written in Record.Operations)
        {
            if (Record.Revoked.Contains(written.Device)) continue;
            var isLetter = rest.DeadLetters.Contains(written.Operation.Id);
            var isRefused = written.Entry is { Outcome: OutcomeKind.Rejected } || written.Told is { Kind: OutcomeKind.Rejected };
            if (isRefused && !isLetter) Report(Verdict.Lost, "refused, and not among the dead letters", written);
            if (isLetter && !isRefused) Report(Verdict.Lost, "a dead letter that was never refused", written);
        }
    }
}
