using System.Text;
using System.Text.Json.Nodes;
using OrleansSync.Chaos.History;
using OrleansSync.Chaos.Workload;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>
/// Nobody sees a value vanish that they had seen, without a later write: what takes its place is of a higher stamp or of a
/// later generation, or it was removed or deleted by such a write. Counters that only rise are never seen to fall. A device's own write
/// that became part of a later one has no stamp that anybody could know; it took the place of what its device had seen. So did one that was refused
/// or parked in the end, for as long as its device had not heard of it.
/// </summary>
internal sealed class ReadsCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        var writes = new WriteIndex(user);
        foreach (var device in user.Devices)
        {
            var own = OwnValues(user, device);
            var seen = new Dictionary<string, Dictionary<string, JsonObject>>(StringComparer.Ordinal);
            foreach (var read in device.Events.OfType<Read>())
            {
                var now = read.Documents.ToDictionary(static pair => pair.Key, static pair => JsonNode.Parse(pair.Value)!.AsObject());
                foreach (var (id, before) in seen.GetValueOrDefault(read.Type) ?? [])
                {
                    if (Vanished(writes, own, new EntityKey(read.Type, id), before, now.GetValueOrDefault(id)) is { } fact)
                        yield return new Violation(ViolationKind.Diverged, $"{device.Name} saw {fact.Text}", fact.Operation, new EntityKey(read.Type, id));
                }

                seen[read.Type] = now;
            }
        }
    }

    private static HashSet<(EntityKey Entity, string Field, string Value)> OwnValues(UserRecord user, DeviceRecord device) =>
    [
        .. device.Events.OfType<Written>().Where(write => write.Operations is [var only]
                && (!user.Journal.TryGetValue(only, out var row) || row.Outcome is OutcomeKind.Rejected or OutcomeKind.Parked))
            .SelectMany(static write => write.Changes)
            .SelectMany(static change => change.Set.Select(field => (new EntityKey(change.Type, change.Id), field.Key, field.Value))),
        // A decision says by its operations alone what it does.
        .. user.Operations.Values.Where(operation => operation.Device.Value == device.Device && operation.Transaction is not null
                && user.Journal.GetValueOrDefault(operation.Id.Value) is { Outcome: OutcomeKind.Rejected or OutcomeKind.Parked })
            .SelectMany(static operation => operation.Changes.OfType<SetField>().Select(set => (operation.Entity, set.Field, Encoding.UTF8.GetString(set.Value.Utf8.Span)))),
    ];

    private static (string Text, Guid? Operation)? Vanished(
        WriteIndex writes, HashSet<(EntityKey Entity, string Field, string Value)> own, EntityKey entity, JsonObject before, JsonObject? now)
    {
        foreach (var (field, node) in before)
        {
            if (node is not System.Text.Json.Nodes.JsonValue value) continue;
            var schema = Workloads.Of(entity.Type);
            if (schema.Schema.KindOf(field) == FieldKind.Counter)
            {
                if (schema.CountersOnlyRise && (now?[field]?.GetValue<long>() ?? 0) < value.GetValue<long>())
                    return ($"{entity}.{field} fall from {value} to {now?[field]?.ToJsonString() ?? "nothing"}", null);
                continue;
            }

            if (writes.FirstOf(entity, field, value.ToJsonString()) is not { } old) continue;
            var current = now?[field]?.ToJsonString();
            if (own.Contains((entity, field, value.ToJsonString())) || (current is not null && own.Contains((entity, field, current)))) continue;
            if (current == value.ToJsonString() || writes.Ended(entity, field, current, document: now is not null, old)) continue;
            return ($"{entity}.{field} go from {value} to {current ?? "nothing"}, which no later write explains", old.Operation);
        }

        return null;
    }

    /// <summary>A write of a field, with what decides between it and others.</summary>
    private sealed record FieldWrite(Guid Operation, long Generation, Stamp Stamp);

    /// <summary>The writes by what they wrote; a refused one explains nothing, and its value may go at any time.</summary>
    private sealed class WriteIndex
    {
        // Of a value that several operations carry (whole documents carry all of theirs) the first and the last one: what was seen may be
        // the first one's, what took its place the last one's.
        private readonly Dictionary<(EntityKey Entity, string Field, string Value), (FieldWrite First, FieldWrite Last)> _sets = [];
        private readonly Dictionary<EntityKey, List<(FieldWrite Write, Operation Operation)>> _all = [];

        public WriteIndex(UserRecord user)
        {
            foreach (var entity in user.Accepted().GroupBy(static one => one.Row.Entity))
            {
                var generations = new Generations(entity);
                var all = _all[entity.Key] = [];
                foreach (var (row, operation) in entity)
                {
                    var write = new FieldWrite(row.Operation, generations.Of(row.Operation), operation.Stamp);
                    all.Add((write, operation));
                    foreach (var set in operation.Changes.OfType<SetField>())
                    {
                        var key = (entity.Key, set.Field, Encoding.UTF8.GetString(set.Value.Utf8.Span));
                        // A change that came from an earlier operation keeps its own stamp.
                        var stamped = set.Counter > 0 ? write with { Stamp = operation.Stamp with { Counter = set.Counter } } : write;
                        if (!_sets.TryGetValue(key, out var others)) others = (stamped, stamped);
                        _sets[key] = (stamped.Stamp < others.First.Stamp ? stamped : others.First, others.Last.Stamp < stamped.Stamp ? stamped : others.Last);
                    }
                }
            }
        }

        public FieldWrite? FirstOf(EntityKey entity, string field, string value) => _sets.TryGetValue((entity, field, value), out var writes) ? writes.First : null;

        /// <summary>Whether something explains that the old value is no longer seen.</summary>
        public bool Ended(EntityKey entity, string field, string? value, bool document, FieldWrite old)
        {
            if (value is not null) return _sets.TryGetValue((entity, field, value), out var next) && Follows(next.Last, old);
            return _all[entity].Any(one => Follows(one.Write, old) && (document ? one.Write.Generation > old.Generation || Removes(one.Operation, field) : one.Operation.Kind == OperationKind.Delete));
        }

        private static bool Removes(Operation operation, string field) =>
            operation.Changes.Any(change => change is RemoveField && change.Field == field)
            || (operation.WholeDocumentCounter > 0 && !operation.Changes.Any(change => change is SetField && change.Field == field));

        private static bool Follows(FieldWrite next, FieldWrite old) =>
            next.Generation > old.Generation || (next.Generation == old.Generation && next.Stamp > old.Stamp);
    }
}
