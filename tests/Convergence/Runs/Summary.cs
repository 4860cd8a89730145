using System.Globalization;
using OrleansSync.Convergence.Tests.Checkers;

namespace OrleansSync.Convergence.Tests.Runs;

/// <summary>What many runs add up to. Safe to add to concurrently.</summary>
internal sealed class Summary
{
    private readonly int[] _verdicts = new int[Enum.GetValues<Verdict>().Length];
    private readonly List<RunResult> _bad = [];
    private long _faults;
    private long _operations;

    public int Runs { get; private set; }

    public bool IsGood => _bad.Count == 0;

    /// <summary>The bad run with the lowest seed.</summary>
    public RunResult? FirstBad => _bad.MinBy(static result => result.Plan.Seed);

    public void Add(RunResult result)
    {
        lock (_bad)
        {
            Runs++;
            _faults += result.Faults.Total;
            _operations += result.Operations;
            foreach (var violation in result.Violations) _verdicts[(int)violation.Verdict]++;
            if (!result.IsGood) _bad.Add(result);
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"RUNS {Runs} FAULTS {_faults} OPERATIONS {_operations} LOST {Of(Verdict.Lost)} DOUBLED {Of(Verdict.Doubled)} DIVERGED {Of(Verdict.Diverged)} TORN {Of(Verdict.Torn)} STUCK {Of(Verdict.Stuck)}");

    private int Of(Verdict verdict) => _verdicts[(int)verdict];
}
