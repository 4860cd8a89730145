namespace OrleansSync.Client.Store;

/// <summary>What a local transaction promises when it returns, and where it runs.</summary>
[Flags]
internal enum WriteKind
{
    /// <summary>It is on disk, and with it all that was committed before.</summary>
    Durable = 0,

    /// <summary>
    /// It can be had again: the power may take it back, until a later one that is durable, and the database is then as if it had never
    /// been made. Nothing that others rely on may follow from it.
    /// </summary>
    Repeatable = 1,

    /// <summary>What it wrote is on disk. Where it wrote nothing, what follows from it rests on nothing that is repeatable.</summary>
    Independent = 2,

    /// <summary>It does little: it runs on the caller's thread if nobody else writes, because waking another one takes longer.</summary>
    Short = 4,
}
