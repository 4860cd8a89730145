using System.Collections.Immutable;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Subscriptions;
using OrleansSync.Core;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>What the database knows about itself and the server. Immutable; published only after its commit.</summary>
internal sealed record LocalMeta
{
    public required DeviceId Device { get; init; }

    /// <summary>The highest counter given out or seen.</summary>
    public long Clock { get; init; }

    public ReadOnlyMemory<byte> SessionToken { get; init; }

    /// <summary>Whose data it is, as the server named it; empty: it has not yet.</summary>
    public ReadOnlyMemory<byte> Account { get; init; }

    /// <summary>Nothing more is written: the user is signing out. Not stored.</summary>
    public bool IsLeaving { get; init; }

    public Guid Lineage { get; init; }

    /// <summary>The lineage of the last handshake: the outcomes in the log are of it. Empty: none.</summary>
    public Guid History { get; init; }

    /// <summary>What the server said then that it has lost.</summary>
    public SequenceGap Lost { get; init; }

    /// <summary>What the server has lost, or may have, is being sent again; <c>null</c>: it is not.</summary>
    public RecoveryState? Recovery { get; init; }

    /// <summary>The highest commit of operations that were settled and are not kept any more.</summary>
    public long ForgottenThrough { get; init; }

    /// <summary>The highest commit of that lineage that an operation was answered with. Not stored: the log tells it.</summary>
    public long Answered { get; init; }

    /// <summary>The visible cursor.</summary>
    public long Cursor { get; init; }

    public ReadOnlyMemory<byte> PageToken { get; init; }

    /// <summary>Pulling from the start over rows that are already here: what the server no longer sends is gone.</summary>
    public bool Resyncing { get; init; }

    /// <summary>The server's schema; before the first handshake the one given at open, or none.</summary>
    public SyncSchema Schema { get; init; } = SyncSchema.Open;

    /// <summary>Empty: <see cref="Schema"/> was not learned from the server.</summary>
    public ReadOnlyMemory<byte> SchemaHash { get; init; }

    /// <summary>Outcomes of all operations with a lower counter are known. Not stored: the log tells it.</summary>
    public long DoneBelow { get; init; }

    /// <summary>Not stored.</summary>
    public InFlight InFlight { get; init; } = InFlight.Nothing;

    /// <summary>
    /// Entities that were written again before what was written first has left: their operations may become fewer. <c>null</c>: the log
    /// has not been looked through since it was opened. Not stored.
    /// </summary>
    public RewrittenEntities? Rewritten { get; init; }

    public Limits Limits { get; init; } = Limits.Default;

    public TypeSubscriptions Types { get; init; } = TypeSubscriptions.All;

    public LocalDigests Digests { get; init; } = LocalDigests.Unknown;

    /// <summary>Types whose rows are not the server's, as the last page with their digests says. Not stored: the next one says it again.</summary>
    public ImmutableSortedSet<string> Drifted { get; init; } = TypeSubscriptions.Sorted([]);

    /// <summary>When all rows were last compared with the server's, by the device's clock; 0: never.</summary>
    public long ReconciledAt { get; init; }
}
