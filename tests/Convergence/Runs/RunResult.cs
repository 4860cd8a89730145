using OrleansSync.Convergence.Tests.Checkers;
using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Workload;

namespace OrleansSync.Convergence.Tests.Runs;

/// <summary>How a run went.</summary>
internal sealed record RunResult(
    Plan Plan, int Operations, int Commits, Faults Faults, Trace Trace, ulong Hash, int Steps, IReadOnlyList<Violation> Violations)
{
    public bool IsGood => Violations.Count == 0;

    /// <summary>The seed, the trace as a file, and the first bad operation's whole life.</summary>
    public string Report()
    {
        var path = Path.Combine(Path.GetTempPath(), $"orleanssync-convergence-{Plan.Seed}.trace");
        File.WriteAllLines(path, [Plan.ToString(), .. Trace.Events.Select(static one => one.ToString())]);
        var lines = new List<string> { $"seed {Plan.Seed}, trace {path}" };
        lines.AddRange(Violations.Select(static violation => violation.ToString()));
        if (Violations.FirstOrDefault(static violation => violation.Operation is not null)?.Operation is { } operation)
        {
            lines.Add($"the life of {operation}:");
            lines.Add(Generators.Describe.Operation(operation.Operation));
            lines.AddRange(Trace.LifeOf(operation.Device, operation.Operation.Counter).Select(static one => $"  {one}"));
        }

        return string.Join('\n', lines);
    }
}
