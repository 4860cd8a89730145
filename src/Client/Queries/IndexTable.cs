using OrleansSync.Client.Store.Sqlite;

namespace OrleansSync.Client.Queries;

/// <summary>
/// The indexes of the table entities that an app has declared. Each is partial, of one type's live rows, over what SQLite reads out of
/// their documents, and ends with the id, which makes every order a total one.
/// </summary>
internal static class IndexTable
{
    // Names of types and fields have no quotes, so they need no escapes.
    private const string Prefix = "query:";

    public static string NameOf(LocalIndex index) => $"{Prefix}{index.Type}:{string.Join(':', index.Fields)}";

    /// <summary>A field's value as SQLite sees it: NULL, a number (true is 1), or a text.</summary>
    public static string ValueOf(string field, string document = "fields") => $"json_extract({document}, '$.{field}')";

    /// <summary>Rows of a type that an app sees; the very words are the condition of the partial indexes.</summary>
    public static string LiveOf(string type) => $"type = '{type}' AND live = 1";

    /// <summary>Makes what is declared and drops what is not any more.</summary>
    public static void Apply(LocalConnection connection, IReadOnlyCollection<LocalIndex> declared)
    {
        var wanted = declared.Distinct().ToDictionary(NameOf);
        foreach (var (name, _) in All(connection))
        {
            if (!wanted.Remove(name)) connection.RunScript($"DROP INDEX \"{name}\"");
        }

        foreach (var (name, index) in wanted)
        {
            var values = string.Join(", ", index.Fields.Select(static field => ValueOf(field)));
            connection.RunScript($"CREATE INDEX \"{name}\" ON entities({values}, id) WHERE {LiveOf(index.Type)}");
        }
    }

    /// <summary>Names of the indexes and the statements that make them.</summary>
    public static List<(string Name, string Sql)> All(LocalConnection connection) => connection.Query(
        $"SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND name GLOB '{Prefix}*'",
        static reader => (reader.Text(0), reader.Text(1)));
}
