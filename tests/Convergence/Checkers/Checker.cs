using OrleansSync.Convergence.Tests.Devices;
using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Checkers;

internal enum Verdict
{
    Lost,
    Doubled,
    Diverged,
    Torn,

    /// <summary>The system does not get on, or does what it has no reason to do.</summary>
    Stuck,
}

/// <summary>Something that must not be, and who found it.</summary>
internal sealed record Violation(Verdict Verdict, string Checker, string Fact, WrittenOperation? Operation)
{
    public override string ToString() => $"{Verdict.ToString().ToUpperInvariant()} by {Checker}: {Fact}{(Operation is null ? "" : $" [{Operation}]")}";
}

/// <summary>Looks at a run for one thing. It is told of each event as it happens, and may ask anything at the end.</summary>
internal abstract class Checker(RunRecord record)
{
    protected RunRecord Record { get; } = record;

    public virtual void OnCommit(ScopeCommit commit)
    {
    }

    public virtual void OnRefusedCommit(ScopeCommit commit)
    {
    }

    /// <summary>Somebody was given an outcome: a caller of an owner, or a device.</summary>
    public virtual void OnAnswer(Outcome outcome)
    {
    }

    public virtual void OnView(DeviceView view)
    {
    }

    /// <summary>A device has forgotten the last of what it had of the server.</summary>
    public virtual void OnPowerCut(SimulatedDevice device)
    {
    }

    /// <summary>The world has healed and come to rest.</summary>
    public virtual void AtRest(AtRest rest)
    {
    }

    protected void Report(Verdict verdict, string fact, WrittenOperation? operation = null) =>
        Record.Report(new Violation(verdict, GetType().Name, fact, operation));
}
