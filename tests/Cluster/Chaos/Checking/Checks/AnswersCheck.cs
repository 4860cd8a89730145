using OrleansSync.Chaos.History;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>What was acknowledged, on whatever stream and however often, is in the journal with just that outcome.</summary>
internal sealed class AnswersCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        foreach (var device in user.Devices)
        {
            foreach (var answered in device.Events.OfType<Answered>())
            {
                foreach (var outcome in answered.Outcomes)
                {
                    if (Judge(user, answered.Stream, outcome) is { } violation) yield return violation;
                }
            }

            foreach (var violation in Receipts(user, device)) yield return violation;
        }
    }

    private static Violation? Judge(UserRecord user, string stream, AnsweredOutcome outcome)
    {
        if (!user.Journal.TryGetValue(outcome.Operation, out var row))
        {
            return new Violation(
                ViolationKind.Lost, $"operation {outcome.Operation} was acknowledged ({outcome.Kind} at {outcome.Sequence}) and is not in the journal", outcome.Operation);
        }

        return (row.Outcome, row.Sequence, row.Reason) == (outcome.Kind, outcome.Sequence, outcome.Reason)
            ? null
            : new Violation(
                ViolationKind.Doubled,
                $"operation {outcome.Operation} was answered {outcome.Kind} at {outcome.Sequence} by {stream}; the journal says {row.Outcome} at {row.Sequence}",
                outcome.Operation, row.Entity);
    }

    /// <summary>What the library told the app of a write of one operation is what the server said of it.</summary>
    private static IEnumerable<Violation> Receipts(UserRecord user, DeviceRecord device)
    {
        var written = new Dictionary<long, Written>();
        foreach (var what in device.Events)
        {
            switch (what)
            {
                case Opened: written.Clear(); break;
                case Written write: written[write.Write] = write; break;
                // The outcome can come before the line that says that the write returned; then it is not compared.
                case Told told when written.TryGetValue(told.Write, out var write) && write.Operations.Count == 1:
                    if (user.Journal.TryGetValue(write.Operations[0], out var row) && (row.Outcome, row.Reason) != (told.Kind, told.Reason))
                    {
                        yield return new Violation(
                            ViolationKind.Doubled, $"the receipt of {row.Operation} said {told.Kind}; the journal says {row.Outcome}", row.Operation, row.Entity);
                    }

                    break;
            }
        }
    }
}
