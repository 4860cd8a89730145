using Microsoft.Extensions.Logging;
using OrleansSync.Core;
using OrleansSync.Grains.Metrics;
using OrleansSync.Grains.Resolving;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>What a change log works with.</summary>
public sealed record ChangeLogContext(
    ScopeId Scope, ISyncStore Store, IEntityMerger Merger, SyncSchema Schema, ChangeLogOptions Options, TimeProvider Time, ILogger Logger)
{
    /// <summary>Decide about the types that have one.</summary>
    public Resolvers Resolvers { get; init; } = Resolvers.None;

    /// <summary>Hears of commits; <c>null</c>: nobody does.</summary>
    public ServerMetrics? Metrics { get; init; }
}
