using OrleansSync.Convergence.Tests.History;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>An outcome is given only after its commit, and is always the journal's: the first one.</summary>
internal sealed class AnswerChecker(RunRecord record) : Checker(record)
{
    public override void OnAnswer(Outcome outcome)
    {
        if (Record.Find(outcome.Operation) is not { } written) return;
        if (outcome is { Sequence: 0, Reason: RejectionReason.Unstorable }) return;
        if (written.Entry is not { } entry)
        {
            Report(Verdict.Lost, $"answered {outcome.Kind} {outcome.Reason} at {outcome.Sequence} before any commit has it", written);
        }
        else if ((entry.Outcome, entry.Reason, entry.Sequence) != (outcome.Kind, outcome.Reason, outcome.Sequence))
        {
            Report(
                Verdict.Doubled,
                $"answered {outcome.Kind} {outcome.Reason} at {outcome.Sequence}; first was {entry.Outcome} {entry.Reason} at {entry.Sequence}",
                written);
        }
    }
}
