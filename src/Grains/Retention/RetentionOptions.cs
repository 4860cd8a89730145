namespace OrleansSync.Grains.Retention;

/// <summary>How long what no device needs any more is kept. A device that is away for longer starts again from the present state.</summary>
public sealed record RetentionOptions
{
    /// <summary>Tombstones, from the deletion on. 1 s to 10 years; 30 days.</summary>
    public TimeSpan Tombstones { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The journal's entries, and never less than until their device has the outcome. 1 s to 10 years; 90 days.</summary>
    public TimeSpan Journal { get; init; } = TimeSpan.FromDays(90);

    /// <summary>What waits in the conflict inbox, from its parking on; after it what stands, stays. 1 s to 10 years; 90 days.</summary>
    public TimeSpan Conflicts { get; init; } = TimeSpan.FromDays(90);

    /// <summary>
    /// Operations that were refused, for operators to look at and to replay; never longer than the journal, which knows what was replayed.
    /// 1 s to 10 years; 90 days.
    /// </summary>
    public TimeSpan DeadLetters { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How often what is too old is looked for. 1 s to 49 days; 1 hour.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The bounds of <see cref="Tombstones"/>, <see cref="Journal"/>, <see cref="Conflicts"/> and <see cref="DeadLetters"/>.</summary>
    public static (TimeSpan Min, TimeSpan Max) Kept { get; } = (TimeSpan.FromSeconds(1), TimeSpan.FromDays(3_650));

    /// <summary>The bounds of <see cref="Every"/>: a reminder's.</summary>
    public static (TimeSpan Min, TimeSpan Max) Period { get; } = (TimeSpan.FromSeconds(1), TimeSpan.FromDays(49));

    /// <summary>What is out of its bounds: name, value, bounds.</summary>
    public IEnumerable<(string Name, TimeSpan Value, TimeSpan Min, TimeSpan Max)> OutOfBounds() =>
        new (string Name, TimeSpan Value, TimeSpan Min, TimeSpan Max)[]
        {
            (nameof(Tombstones), Tombstones, Kept.Min, Kept.Max),
            (nameof(Journal), Journal, Kept.Min, Kept.Max),
            (nameof(Conflicts), Conflicts, Kept.Min, Kept.Max),
            (nameof(DeadLetters), DeadLetters, Kept.Min, Kept.Max),
            (nameof(Every), Every, Period.Min, Period.Max),
        }.Where(static one => one.Value < one.Min || one.Value > one.Max);
}
