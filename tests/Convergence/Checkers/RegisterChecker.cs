using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Convergence.Tests.Workload;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>Registers of entities that nobody deletes hold the accepted value with the highest stamp: no merge code is asked.</summary>
internal sealed class RegisterChecker(RunRecord record) : Checker(record)
{
    public override void AtRest(AtRest rest)
    {
        var highest = new Dictionary<(EntityKey Entity, string Field), (Stamp Stamp, string? Value)>();
        foreach (var written in Record.Operations)
        {
            if (!Types.NeverDeleted.Contains(written.Operation.Entity.Type)) continue;
            if (!written.WasAccepted) continue;
            foreach (var change in written.Operation.Changes)
            {
                if (change is not (SetField or RemoveField)) continue;
                var (key, stamp) = ((written.Operation.Entity, change.Field), written.Operation.StampOf(change));
                if (!highest.TryGetValue(key, out var held) || held.Stamp < stamp) highest[key] = (stamp, (change as SetField)?.Value.ToString());
            }
        }

        var stored = rest.Page.Rows.ToDictionary(static row => row.Key);
        foreach (var ((entity, field), (stamp, value)) in highest)
        {
            var held = stored.GetValueOrDefault(entity)?.Fields.OfType<PlainField>().FirstOrDefault(one => one.Name == field);
            if (held?.Stamp != stamp || held.Value?.ToString() != value)
                Report(Verdict.Diverged, $"{entity}.{field} is {held?.Value} ({held?.Stamp}); the highest stamp has {value} ({stamp})");
        }
    }
}
