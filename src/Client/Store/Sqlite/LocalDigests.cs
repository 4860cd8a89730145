using System.Collections.Immutable;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>
/// The digests of the server's rows that a database holds, per type, kept up to date by each transaction that changes them: what a
/// complete page says of them is compared without reading rows. Immutable; stored with the database's state.
/// </summary>
/// <param name="AreKnown">False: the rows are of before they were kept; the first reconciliation counts them.</param>
/// <param name="Shown">Of the rows of the table entities.</param>
/// <param name="Staged">Of those in staging.</param>
/// <param name="Filling">Of those of the type that is being filled.</param>
internal sealed record LocalDigests(
    bool AreKnown, ImmutableDictionary<string, RowDigest> Shown, ImmutableDictionary<string, RowDigest> Staged, RowDigest Filling)
{
    private static readonly ImmutableDictionary<string, RowDigest> Empty =
        ImmutableDictionary.Create<string, RowDigest>(StringComparer.Ordinal);

    public static readonly LocalDigests Unknown = new(false, Empty, Empty, default);

    /// <summary>Of a database without rows.</summary>
    public static readonly LocalDigests OfNothing = Unknown with { AreKnown = true };

    public RowDigest Of(string type) => Shown.GetValueOrDefault(type);

    public LocalDigests WithShown(string type, RowDigest digest) => this with { Shown = Shown.SetItem(type, digest) };

    /// <summary>What is staged is shown.</summary>
    public LocalDigests WithStagedShown()
    {
        var shown = Shown;
        foreach (var (type, staged) in Staged) shown = shown.SetItem(type, shown.GetValueOrDefault(type) + staged);
        return this with { Shown = shown, Staged = Empty };
    }

    /// <summary>The type is filled: its rows are staged.</summary>
    public LocalDigests WithFilled(string type) =>
        this with { Staged = Staged.SetItem(type, Staged.GetValueOrDefault(type) + Filling), Filling = default };

    public LocalDigests WithNothingStaged() => Staged.IsEmpty ? this : this with { Staged = Empty };
}

/// <summary>What one write changes of digests. Rows come by the thousand: it is put into the immutable ones once.</summary>
internal sealed class DigestChange
{
    private readonly Dictionary<string, RowDigest> _changes = new(StringComparer.Ordinal);

    public bool IsNothing => !Types.Any();

    /// <summary>Those that change.</summary>
    public IEnumerable<string> Types => _changes.Where(static one => one.Value != default).Select(static one => one.Key);

    public void Add(string type, RowDigest more) => _changes[type] = _changes.GetValueOrDefault(type) + more;

    public void Subtract(string type, RowDigest less) => _changes[type] = _changes.GetValueOrDefault(type) - less;

    public ImmutableDictionary<string, RowDigest> ApplyTo(ImmutableDictionary<string, RowDigest> digests) => ApplyTo(digests, Types);

    /// <summary>Some of them.</summary>
    public ImmutableDictionary<string, RowDigest> ApplyTo(ImmutableDictionary<string, RowDigest> digests, IEnumerable<string> types)
    {
        foreach (var type in types) digests = digests.SetItem(type, digests.GetValueOrDefault(type) + _changes[type]);
        return digests;
    }
}
