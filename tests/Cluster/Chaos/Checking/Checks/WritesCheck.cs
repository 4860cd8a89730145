using System.Text;
using OrleansSync.Chaos.History;
using OrleansSync.Chaos.Workload;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>
/// Nothing that a device wrote is missing, and it says what the app meant. A write that was never sent may have become part of the next one
/// of its entity, which then says what both meant: but a whole document is carried as the app saw it, and a field that only the first of the
/// two changed may have become another device's by then. A refusal loses a user's work too, unless the type's policy is there to refuse.
/// </summary>
internal sealed class WritesCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        foreach (var device in user.Devices)
        {
            foreach (var violation in CheckWrites(user, device)) yield return violation;
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

    private static IEnumerable<Violation> CheckWrites(UserRecord user, DeviceRecord device)
    {
        var dead = device.Events.OfType<Ended>().SelectMany(static ended => ended.DeadLetters).Select(static letter => letter.Operation).ToHashSet();
        var sentOnce = device.Events.OfType<Sent>().SelectMany(static sent => sent.Operations).ToHashSet();
        // What has become part of an operation of the entity that is still to come.
        var absorbed = new Dictionary<EntityKey, (Guid First, Intention Meant)>();
        var unknown = new UnknownWrites();
        foreach (var happened in device.Events)
        {
            unknown.Note(happened);
            if (happened is not Written write) continue;
            for (var i = 0; i < write.Operations.Count; i++)
            {
                var id = write.Operations[i];
                var meant = write.Changes.Count == write.Operations.Count ? write.Changes[i] : null;
                if (!user.Journal.ContainsKey(id) && !dead.Contains(id))
                {
                    if (meant is null || write.Operations.Count > 1 || sentOnce.Contains(id))
                        yield return new Violation(ViolationKind.Lost, $"{device.Name} wrote operation {id}, and it is nowhere", id);
                    else
                        absorbed[KeyOf(meant)] = absorbed.TryGetValue(KeyOf(meant), out var before) ? (before.First, Together(before.Meant, meant)) : (id, meant);
                    continue;
                }

                if (meant is null || !user.Operations.TryGetValue(id, out var sent)) continue;
                var last = meant;
                if (write.Operations.Count == 1 && absorbed.Remove(KeyOf(meant), out var earlier)) meant = Together(earlier.Meant, meant);
                var mayHoldMore = unknown.MayBeIn(KeyOf(meant));
                if (Unlike(meant, sent, mayHoldMore, (field, value) => !last.Set.ContainsKey(field) && MayBeSeen(user, sent, field, value)) is { } fact)
                    yield return new Violation(ViolationKind.Diverged, $"{device.Name} sent operation {id} otherwise than it was written: {fact}", id, sent.Entity);
            }
        }

        // Nor one that a killed process wrote before it could tell.
        var told = device.Events.OfType<Written>().SelectMany(static write => write.Operations).ToHashSet();
        var untold = user.Operations.Values.Where(operation => operation.Device.Value == device.Device && !told.Contains(operation.Id.Value)).ToLookup(static operation => operation.Entity);
        foreach (var (entity, (first, _)) in absorbed.Where(one => !untold[one.Key].Any(operation => Holds(operation, one.Value.Meant))))
            yield return new Violation(ViolationKind.Lost, $"{device.Name} wrote operation {first}, and it is nowhere, nor any later one", first, entity);
    }

    private static bool Holds(Operation operation, Intention meant) =>
        meant.Set.Keys.All(field => operation.Changes.Any(change => change is SetField && change.Field == field));

    private static EntityKey KeyOf(Intention meant) => new(meant.Type, meant.Id);

    /// <summary>What one operation says in place of two that follow each other.</summary>
    private static Intention Together(Intention first, Intention second)
    {
        if (second.Kind == OperationKind.Delete) return second;
        var increments = first.Increment.Concat(second.Increment).GroupBy(static one => one.Key, static one => one.Value);
        return second with
        {
            // A create stays one; of one that does not say, nobody knows.
            Kind = first.Kind is OperationKind.Update ? second.Kind : first.Kind,
            Set = first.Set.Concat(second.Set).GroupBy(static one => one.Key).ToDictionary(static field => field.Key, static field => field.Last().Value),
            Increment = increments.ToDictionary(static field => field.Key, static field => field.Sum()),
        };
    }

    /// <summary>Whether the value is another operation's, seen by an app whose next write carries the whole document.</summary>
    private static bool MayBeSeen(UserRecord user, Operation sent, string field, string value) =>
        Workloads.Of(sent.Entity.Type).Schema.Policy == ConflictPolicy.LastWriterWins
        && user.Operations.Values.Any(other => other.Id != sent.Id && other.Entity == sent.Entity && ValueOf(other, field) == value);

    private static string? ValueOf(Operation operation, string field) =>
        operation.Changes.OfType<SetField>().SingleOrDefault(change => change.Field == field) is { } set ? Encoding.UTF8.GetString(set.Value.Utf8.Span) : null;

    private static bool Expected(UserRecord user, Dead letter) =>
        user.Operations.TryGetValue(letter.Operation, out var operation) && Workloads.Of(operation.Entity.Type).Expects(letter.Reason);

    private static string? Unlike(Intention meant, Operation sent, bool mayHoldMore, Func<string, string, bool> mayBeInstead)
    {
        if (sent.Entity != KeyOf(meant)) return $"it is about {sent.Entity}, not {meant.Type}/{meant.Id}";
        if (!mayHoldMore && meant.Kind is { } kind && kind != sent.Kind) return $"it is a {sent.Kind}, not a {kind}";
        foreach (var (field, value) in meant.Set)
        {
            if (ValueOf(sent, field) is not { } set) return $"it does not set {field}";
            if (set != value && !mayBeInstead(field, set)) return $"it sets {field} to another value";
        }

        if (mayHoldMore) return null;
        var deltas = sent.Changes.OfType<IncrementField>().ToDictionary(static change => change.Field, static change => change.Delta);
        return deltas.Count == meant.Increment.Count && meant.Increment.All(pair => deltas.GetValueOrDefault(pair.Key) == pair.Value)
            ? null
            : "its increments are others";
    }

    /// <summary>
    /// A process that was killed may have written what its history does not tell. The next operation of any entity may hold that too.
    /// </summary>
    private sealed class UnknownWrites
    {
        private readonly HashSet<EntityKey> _since = [];
        private bool _begun;
        private bool _any;

        public void Note(HistoryEvent happened)
        {
            switch (happened)
            {
                case WriteBegun:
                    _begun = true;
                    break;
                case Written or WriteFailed:
                    _begun = false;
                    break;
                case Opened when _begun:
                    (_any, _begun) = (true, false);
                    _since.Clear();
                    break;
                default:
                    break;
            }
        }

        public bool MayBeIn(EntityKey entity) => _any && _since.Add(entity);
    }
}
