namespace OrleansSync.Client.Store;

/// <summary>What a local transaction promises when it returns, and where it runs.</summary>
[Flags]
internal enum WriteKind
{
    /// <summary>It is on disk, and with it all that was committed before.</summary>
    Durable = 0,

    /// <summary>
    /// It can be had again, or the app has chosen <see cref="LocalDurability.Normal"/>: the power may take it back, until a later one that is durable, and the database is then as if it had never
    /// been made. What follows from it and others rely on is true without it, such as an outcome, which the server has on record.
    /// </summary>
    Repeatable = 1,

    /// <summary>What it wrote is on disk. Where it wrote nothing, it need not put on disk what was committed before.</summary>
    Independent = 2,

    /// <summary>It does little: it runs on the caller's thread if nobody else writes, because waking another one takes longer.</summary>
    Short = 4,
}
