using System.Reflection;
using DbUp;
using Microsoft.Data.Sqlite;

namespace OrleansSync.Storage.Sqlite.Schema;

/// <summary>
/// Applies the embedded numbered scripts, each once. The caller holds the store's file lock, so no other server applies
/// them at the same time.
/// </summary>
internal static class SchemaInstaller
{
    private const string Prefix = "OrleansSync.Storage.Sqlite.Scripts.";

    /// <summary>The names of the scripts that were applied now.</summary>
    /// <exception cref="InvalidOperationException">A script failed, or the file was written by a later version.</exception>
    public static IReadOnlyList<string> Apply(string path)
    {
        // Without pooling: a pooled connection would keep the file open past the store's end.
        var connection = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString;
        var upgrade = DeployChanges.To.SqliteDatabase(connection)
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly(), name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .WithTransactionPerScript()
            .LogToNowhere()
            .Build();

        var known = upgrade.GetDiscoveredScripts().Select(script => script.Name).ToHashSet();
        var unknown = upgrade.GetExecutedScripts().Where(name => !known.Contains(name)).ToList();
        if (unknown.Count > 0)
        {
            throw new InvalidOperationException(
                $"{path} was written by a later version (it has {string.Join(", ", unknown)}): start that version.");
        }


        var result = upgrade.PerformUpgrade();
        if (!result.Successful)
            throw new InvalidOperationException($"The schema script {result.ErrorScript?.Name} failed on {path}.", result.Error);
        return [.. result.Scripts.Select(script => script.Name)];
    }
}
