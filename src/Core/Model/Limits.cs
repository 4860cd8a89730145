namespace OrleansSync.Core;

/// <summary>The stated limits of the forms and of a request. Counts are inclusive; sizes are bytes of UTF-8.</summary>
public sealed record Limits
{
    /// <summary>The limits where nothing else is configured.</summary>
    public static Limits Default { get; } = new();

    /// <summary>Operations in a batch that is not one transaction.</summary>
    public int BatchOperations { get; init; } = 100;

    /// <summary>Size of a batch that is not one transaction: the sum of its operations' encoded sizes.</summary>
    public int BatchBytes { get; init; } = 256 * 1024;

    /// <summary>Operations in a transaction.</summary>
    public int TransactionOperations { get; init; } = 5_000;

    /// <summary>Size of a transaction: the sum of its operations' encoded sizes.</summary>
    public int TransactionBytes { get; init; } = 3 * 1024 * 1024;

    /// <summary>Batches of a stream that are not acknowledged yet.</summary>
    public int BatchesInFlight { get; init; } = 4;

    /// <summary>Operations queued per scope; past it RESOURCE_EXHAUSTED.</summary>
    public int QueueOperations { get; init; } = 10_000;

    /// <summary>Size of the operations queued per scope; past it RESOURCE_EXHAUSTED.</summary>
    public int QueueBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Operations in a round, unless a single transaction is larger.</summary>
    public int RoundOperations { get; init; } = 512;

    /// <summary>A field's JSON value.</summary>
    public int ValueBytes { get; init; } = 64 * 1024;

    /// <summary>The document's values and names together.</summary>
    public int DocumentBytes { get; init; } = 256 * 1024;

    /// <summary>Fields of a document.</summary>
    public int DocumentFields { get; init; } = 256;

    /// <summary>Levels of a JSON value.</summary>
    public int Nesting { get; init; } = 32;

    /// <summary>Characters of the name of a type or field.</summary>
    public int NameLength { get; init; } = 64;

    /// <summary>An entity's id.</summary>
    public int EntityIdBytes { get; init; } = 512;

    /// <summary>Rows of a page.</summary>
    public int PageRows { get; init; } = 1_000;

    /// <summary>Size of a page; one row may be larger.</summary>
    public int PageBytes { get; init; } = 1024 * 1024;

    /// <summary>A commit up to this size travels whole to watchers; a larger one as "the head is now n".</summary>
    public int NoticeRows { get; init; } = 64;

    /// <summary>Size of such a commit.</summary>
    public int NoticeBytes { get; init; } = 64 * 1024;

    /// <summary>Operations of a scope in the conflict inbox; past it what would be parked is refused as a conflict.</summary>
    public int ParkedOperations { get; init; } = 1_000;

    /// <summary>How far a counter may be ahead of the scope's clock.</summary>
    public long ClockAhead { get; init; } = 1_000_000;
}
