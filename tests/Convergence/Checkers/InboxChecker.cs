using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>
/// At rest what was parked waits in the inbox, unless somebody has settled it, which is done once. A transaction waits whole, as one question.
/// </summary>
internal sealed class InboxChecker(RunRecord record) : Checker(record)
{
    public override void AtRest(AtRest rest)
    {
        var settled = Record.Operations
            .Where(static written => written.WasAccepted && written.Operation is { Kind: OperationKind.Delete, Entity.Type: ParkedOperation.Type })
            .GroupBy(static written => written.Operation.Entity).ToDictionary(static row => row.Key, static row => row.ToList());
        foreach (var twice in settled.Values.Where(static decisions => decisions.Count > 1))
            Report(Verdict.Doubled, $"settled {twice.Count} times", twice[1]);

        var waiting = rest.Page.Rows.Where(static row => row is { Deleted: false, Key.Type: ParkedOperation.Type })
            .Select(ParkedOperation.Read).ToDictionary(static parked => parked.Id);
        foreach (var transaction in waiting.Values.Where(static parked => parked.Transaction is not null).GroupBy(static parked => parked.Transaction))
        {
            if (transaction.Select(static parked => parked.Group).Distinct().Count() > 1)
                Report(Verdict.Torn, "its transaction is more than one question", Record.Find(transaction.First().Id));
        }

        foreach (var written in Record.Operations.Where(static written => written.Entry is { Outcome: OutcomeKind.Parked }))
        {
            var waits = waiting.Remove(written.Operation.Id, out var parked);
            if (waits == settled.ContainsKey(ParkedOperation.KeyOf(written.Operation.Id)))
                Report(Verdict.Lost, waits ? "settled, and still in the inbox" : "parked, and neither in the inbox nor settled", written);
            if (waits && parked!.Transaction != written.Operation.Transaction?.Id) Report(Verdict.Torn, "waits without its transaction", written);
        }

        foreach (var id in waiting.Keys) Report(Verdict.Doubled, $"operation {id} waits in the inbox, and nobody has parked it");
    }
}
