using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Workload;

/// <summary>The entity types of the simulated app, one for each thing to be seen.</summary>
internal static class Types
{
    /// <summary>Never deleted, so that sums and highest stamps can be told without the merge.</summary>
    public const string Ledger = "ledger";

    /// <summary>Never deleted, and only ever written together.</summary>
    public const string Pairs = "pairs";

    /// <summary>A concurrent change is refused.</summary>
    public const string Strict = "claims";

    public static readonly IReadOnlySet<string> NeverDeleted = new HashSet<string>(StringComparer.Ordinal) { Ledger, Pairs };

    public static readonly IReadOnlyList<EntityKey> PairKeys = [new(Pairs, "a"), new(Pairs, "b"), new(Pairs, "c")];

    /// <summary>What <see cref="Acts"/> writes, deletes and makes again. Another policy joins by a line.</summary>
    public static readonly IReadOnlyList<EntitySchema> Mutable =
    [
        new EntitySchema("notes").Counter("count").Set("tags"),
        new EntitySchema("plans") { OnDelete = DeletePolicy.EditWins }.Counter("count").Set("tags"),
        new EntitySchema("drafts") { OnDelete = DeletePolicy.DeleteWins }.Counter("count").Set("tags"),
        new EntitySchema("pages") { Policy = ConflictPolicy.LastWriterWins }.Counter("count").Set("tags"),
        new EntitySchema("forms") { Policy = ConflictPolicy.Manual }.Counter("count").Set("tags"),
        new EntitySchema(Strict) { Policy = ConflictPolicy.Reject }.Counter("count").Set("tags"),
    ];

    public static SyncSchema Schema { get; } = new([.. Mutable, new EntitySchema(Ledger).Counter("count"), new EntitySchema(Pairs)]);
}
