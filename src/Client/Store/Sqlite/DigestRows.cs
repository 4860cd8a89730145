using System.Collections.Immutable;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>
/// The digests among the rows of the table meta, one a type: each transaction that moves the cursor writes its page anyway, where a table
/// of their own would be a page more.
/// </summary>
internal static class DigestRows
{
    private const string Known = "digests_known";
    private const string Filling = "filling_digest";
    private const string Shown = "digest:";
    private const string Staged = "staged_digest:";

    public static LocalDigests Load(IReadOnlyDictionary<string, object> rows)
    {
        var digests = LocalDigests.Unknown with { AreKnown = rows.TryGetValue(Known, out var known) && (long)known != 0 };
        foreach (var (key, value) in rows)
        {
            var digest = value is byte[] bytes ? RowDigest.Read(bytes) : default;
            if (key == Filling) digests = digests with { Filling = digest };
            else if (key.StartsWith(Shown, StringComparison.Ordinal)) digests = digests.WithShown(key[Shown.Length..], digest);
            else if (key.StartsWith(Staged, StringComparison.Ordinal))
                digests = digests with { Staged = digests.Staged.SetItem(key[Staged.Length..], digest) };
        }

        return digests;
    }

    /// <summary>The digests of a snapshot.</summary>
    public static LocalDigests Read(LocalConnection connection) => Load(connection.Query(
        "SELECT key, value FROM meta WHERE key LIKE '%digest%'",
        static reader => (Key: reader.Text(0), Value: reader.IsInteger(1) ? (object)reader.Int64(1) : reader.Blob(1)))
        .ToDictionary(static row => row.Key, static row => row.Value, StringComparer.Ordinal));

    /// <summary>Writes what differs.</summary>
    public static void Save(LocalConnection connection, LocalDigests before, LocalDigests after)
    {
        if (after.AreKnown != before.AreKnown) connection.Execute(MetaTable.Upsert, Known, after.AreKnown ? 1L : 0L);
        if (after.Filling != before.Filling) connection.Execute(MetaTable.Upsert, Filling, after.Filling.ToBytes());
        Save(connection, Shown, before.Shown, after.Shown);
        Save(connection, Staged, before.Staged, after.Staged);
    }

    private static void Save(
        LocalConnection connection,
        string prefix,
        ImmutableDictionary<string, RowDigest> before,
        ImmutableDictionary<string, RowDigest> after)
    {
        if (ReferenceEquals(before, after)) return;
        foreach (var (type, digest) in after)
        {
            if (!before.TryGetValue(type, out var held) || held != digest)
                connection.Execute(MetaTable.Upsert, prefix + type, digest.ToBytes());
        }

        foreach (var type in before.Keys)
        {
            if (!after.ContainsKey(type)) connection.Execute("DELETE FROM meta WHERE key = ?1", prefix + type);
        }
    }
}
