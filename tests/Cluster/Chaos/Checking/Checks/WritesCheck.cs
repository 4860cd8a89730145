using System.Text;
using OrleansSync.Chaos.History;
using OrleansSync.Chaos.Workload;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>
/// Nothing that a device wrote is missing, and it says what the app meant. A refusal loses a user's work too, unless the
/// type's policy is there to refuse.
/// </summary>
internal sealed class WritesCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        foreach (var device in user.Devices)
        {
            var dead = device.Events.OfType<Ended>().SelectMany(static ended => ended.DeadLetters).Select(static letter => letter.Operation).ToHashSet();
            foreach (var write in device.Events.OfType<Written>())
            {
                for (var i = 0; i < write.Operations.Count; i++)
                {
                    var id = write.Operations[i];
                    if (!user.Journal.ContainsKey(id) && !dead.Contains(id))
                        yield return new Violation(ViolationKind.Lost, $"{device.Name} wrote operation {id}, and it is nowhere", id);
                    if (write.Changes.Count == write.Operations.Count && user.Operations.TryGetValue(id, out var sent) && Unlike(write.Changes[i], sent) is { } fact)
                        yield return new Violation(ViolationKind.Diverged, $"{device.Name} sent operation {id} otherwise than it was written: {fact}", id, sent.Entity);
                }
            }

            foreach (var letter in device.Events.OfType<Ended>().SelectMany(static ended => ended.DeadLetters))
            {
                if (!Expected(user, letter))
                {
                    yield return new Violation(
                        ViolationKind.Lost, $"{device.Name} has the dead letter {letter.Operation}: {letter.Reason} {letter.Code} {letter.Message}", letter.Operation);
                }
            }
        }

        foreach (var row in user.Journal.Values.Where(static row => row.Outcome == OutcomeKind.Rejected))
        {
            if (!Workloads.Of(row.Entity.Type).Expects(row.Reason))
                yield return new Violation(ViolationKind.Lost, $"operation {row.Operation} was refused: {row.Reason}", row.Operation, row.Entity);
        }
    }

    private static bool Expected(UserRecord user, Dead letter) =>
        user.Operations.TryGetValue(letter.Operation, out var operation) && Workloads.Of(operation.Entity.Type).Expects(letter.Reason);

    private static string? Unlike(Intention meant, Operation sent)
    {
        if (sent.Entity != new EntityKey(meant.Type, meant.Id)) return $"it is about {sent.Entity}, not {meant.Type}/{meant.Id}";
        if (meant.Kind is { } kind && kind != sent.Kind) return $"it is a {sent.Kind}, not a {kind}";
        foreach (var (field, value) in meant.Set)
        {
            if (sent.Changes.OfType<SetField>().SingleOrDefault(change => change.Field == field) is not { } set) return $"it does not set {field}";
            if (Encoding.UTF8.GetString(set.Value.Utf8.Span) != value) return $"it sets {field} to another value";
        }

        var deltas = sent.Changes.OfType<IncrementField>().ToDictionary(static change => change.Field, static change => change.Delta);
        return deltas.Count == meant.Increment.Count && meant.Increment.All(pair => deltas.GetValueOrDefault(pair.Key) == pair.Value)
            ? null
            : "its increments are others";
    }
}
