using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>A transaction is in the journal whole, in one commit, and is refused or parked whole.</summary>
internal sealed class TransactionsCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        var members = user.Operations.Values.Where(static operation => operation.Transaction is not null);
        foreach (var transaction in members.GroupBy(static operation => operation.Transaction!.Id))
        {
            var rows = transaction.Select(operation => user.Journal.GetValueOrDefault(operation.Id.Value)).OfType<JournalRow>().ToArray();
            var first = transaction.First();
            if (rows.Length == 0) continue;
            if (rows.Length != first.Transaction!.Count)
                yield return Torn($"{rows.Length} of the {first.Transaction.Count} operations of transaction {transaction.Key} are in the journal");
            if (rows.Select(static row => row.Sequence).Distinct().Count() > 1)
                yield return Torn($"transaction {transaction.Key} is spread over the commits {string.Join(", ", rows.Select(static row => row.Sequence).Distinct())}");
            if (rows.Select(static row => row.Outcome is OutcomeKind.Rejected or OutcomeKind.Parked ? row.Outcome : OutcomeKind.Applied).Distinct().Count() > 1)
                yield return Torn($"transaction {transaction.Key} took effect in part: {string.Join(", ", rows.Select(static row => row.Outcome))}");

            Violation Torn(string text) => new(ViolationKind.Torn, text, first.Id.Value, first.Entity);
        }
    }
}
