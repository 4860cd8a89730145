using OrleansSync.Core;

namespace OrleansSync.Grains.Users;

/// <summary>The bounds of a change log.</summary>
public sealed record ChangeLogOptions
{
    public Limits Limits { get; init; } = Limits.Default;

    /// <summary>Upper bound of the first random delay before a round runs again; doubles to <see cref="MaxDelay"/>.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(25);

    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A round that has not ended by then is answered Unavailable; below the callers' own timeout.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>What a refused or unanswered caller is told to wait.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Abandoned attempts that a merge request lists; past it the scope is claimed anew, which forgets them all.</summary>
    public int MaxAbandoned { get; init; } = 64;

    /// <summary>
    /// Rounds that merge an entity in place before its grain is asked; 0: its grain merges it from the first one on.
    /// </summary>
    public int TouchesBeforeGrain { get; init; } = 1;

    /// <summary>Entities whose touches are remembered, and as many again whose grains are in use; about 200 bytes each.</summary>
    public int RecentEntities { get; init; } = 256;

    /// <summary>
    /// Whether the row of an entity that a device creates is looked for before the commit, which would be refused if there is one.
    /// </summary>
    public bool LooksBeforeCreate { get; init; }

    /// <summary>Draws from [0, 1): spreads the retries of owners that fence each other.</summary>
    public Func<double> Jitter { get; init; } = Random.Shared.NextDouble;
}
