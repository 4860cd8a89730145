using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>Asks for the removal of what a scope need not keep any longer.</summary>
public sealed record PurgeRequest
{
    public required ScopeId Scope { get; init; }

    /// <summary>Tombstones of entities deleted before this moment go; milliseconds since 1970 UTC.</summary>
    public required long DeletedBefore { get; init; }

    /// <summary>
    /// Journal entries committed before this moment go, where their device has the outcome (its done-below is above their counter) or
    /// is revoked, or is server code, which is answered once; milliseconds since 1970 UTC.
    /// </summary>
    public required long JournaledBefore { get; init; }

    /// <summary>Dead letters recorded before this moment go; milliseconds since 1970 UTC.</summary>
    public long DeadLettersBefore { get; init; }

    /// <summary>At most so many tombstones, so many entries and so many letters go at once.</summary>
    public int MaxRows { get; init; } = 1_000;
}

/// <summary>What a purge has removed; nothing: the scope was not touched.</summary>
/// <param name="Tombstones">Tombstones that went.</param>
/// <param name="Operations">Journal entries that went.</param>
/// <param name="TombstonesLeft">Tombstones that are kept.</param>
/// <param name="DeadLetters">Dead letters that went.</param>
public readonly record struct PurgeResult(int Tombstones, int Operations, long TombstonesLeft, int DeadLetters = 0)
{
    public bool RemovedAny => Tombstones > 0 || Operations > 0 || DeadLetters > 0;
}
