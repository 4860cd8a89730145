using OrleansSync.Chaos.Checking;

namespace OrleansSync.Chaos;

/// <summary>What a run found.</summary>
internal sealed record ChaosResult(
    IReadOnlyDictionary<string, int> Faults, int Operations, IReadOnlyList<UserRecord> Users, IReadOnlyList<Violation> Violations)
{
    public bool Passed => Violations.Count == 0;

    public int Of(ViolationKind kind) => Violations.Count(violation => violation.Kind == kind);

    /// <summary>The last line of the output.</summary>
    public string LastLine =>
        $"FAULTS {Faults.Values.Sum()} OPERATIONS {Operations} LOST {Of(ViolationKind.Lost)} DOUBLED {Of(ViolationKind.Doubled)} "
        + $"DIVERGED {Of(ViolationKind.Diverged)} TORN {Of(ViolationKind.Torn)}";
}
