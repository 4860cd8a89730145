using System.Collections.Immutable;

namespace OrleansSync.Client;

/// <summary>
/// An index of the local database over fields of one entity type, for <c>SyncCollection.Query</c>. It serves queries that give the
/// first of its fields one value each, and then limit the next one to a range, order by it, or neither. Made when the store is opened
/// with it and dropped when it is opened without; each costs every write of the type a little.
/// </summary>
public sealed record LocalIndex
{
    /// <summary>An index over these fields.</summary>
    /// <param name="type">The entity type.</param>
    /// <param name="fields">Names of plain or counter fields, the ones that queries give a value to first. 1 to 8.</param>
    public LocalIndex(string type, params string[] fields) => (Type, Fields) = (type, fields.ToImmutableArray());

    /// <summary>The entity type.</summary>
    public string Type { get; }

    /// <summary>Its fields, in order.</summary>
    public ImmutableArray<string> Fields { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Type}({string.Join(", ", Fields)})";

    /// <inheritdoc/>
    public bool Equals(LocalIndex? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
}
