using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Client.Subscriptions;

/// <summary>Which types this database holds of the server's. Immutable; stored with the database's state.</summary>
/// <param name="Joined">Held as of the cursor; <c>null</c>: all that are not <see cref="Local"/>.</param>
/// <param name="Filling">To be held, in the order of adding: the first one is being read with a cursor of its own.</param>
/// <param name="FillToken">Where reading the first of them goes on; empty: at its start.</param>
/// <param name="FilledThrough">The commit that the one read last reaches: the next complete pull shows its rows, and must not lie before it.</param>
/// <param name="Local">Never sent or read.</param>
internal sealed record TypeSubscriptions(
    ImmutableSortedSet<string>? Joined,
    ImmutableArray<string> Filling,
    ReadOnlyMemory<byte> FillToken,
    long FilledThrough,
    ImmutableHashSet<string> Local)
{
    public static readonly TypeSubscriptions All = new(null, [], default, 0, []);

    /// <summary>A database that holds these types, or all where it is <c>null</c>.</summary>
    public static TypeSubscriptions Of(IEnumerable<string>? types) => types is null ? All : All with { Joined = Sorted(types) };

    /// <summary>Rows of the type, as of the cursor, belong to this database.</summary>
    public bool Holds(string type) =>
        Joined is null ? Local.IsEmpty || !Local.Contains(type) : Joined.Contains(type) || type == ParkedOperation.Type;

    /// <summary>What is asked of the server: the conflict inbox belongs to whatever is held. None: all.</summary>
    public IEnumerable<string> Asked => Joined is null ? [] : Joined.Append(ParkedOperation.Type);

    /// <summary>All of the type's rows as of the cursor can be seen; for a moment after a type has joined that is not said of any.</summary>
    public bool IsVisible(string type) => FilledThrough == 0 && Holds(type);

    /// <summary>The type was asked for: it is held, or will be.</summary>
    public bool Includes(string type) => Holds(type) || Filling.Contains(type, StringComparer.Ordinal);

    public static ImmutableSortedSet<string> Sorted(IEnumerable<string> types) => types.ToImmutableSortedSet(StringComparer.Ordinal);
}
