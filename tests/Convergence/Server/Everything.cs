using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Server;

/// <summary>All rows of a scope in one page, tombstones too.</summary>
internal static class Everything
{
    public static ChangeQuery Of(ScopeId scope) =>
        new() { Scope = scope, After = ChangePosition.AfterSequence(0), SkipTombstonesThrough = 0, MaxRows = 10_000, MaxBytes = int.MaxValue };
}
