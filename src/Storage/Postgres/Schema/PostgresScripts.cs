using System.Reflection;
using DbUp;
using Npgsql;

namespace OrleansSync.Storage.Postgres.Schema;

/// <summary>
/// Applies the numbered scripts that are embedded in an assembly, each once, in a transaction of its own. Servers that
/// start at the same time take turns: an advisory lock lets one of them do it.
/// </summary>
public static class PostgresScripts
{
    // "orlsync" in ASCII: nobody else's lock in a database of ours.
    private const long LockKey = 0x6F72_6C73_796E_63;
    private const int LockWaitSeconds = 120;

    /// <summary>The names of the scripts that were applied now. Blocks; for the start of a process.</summary>
    /// <param name="connectionString">A database that exists; the user may create tables in it.</param>
    /// <param name="assembly">What the scripts are embedded in.</param>
    /// <param name="prefix">What the resource names of this set of scripts begin with.</param>
    /// <exception cref="InvalidOperationException">A script failed, or a later version has been at work in the database.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached, or another server has held the lock for two minutes.</exception>
    public static IReadOnlyList<string> Apply(string connectionString, Assembly assembly, string prefix)
    {
        // Unpooled: the lock belongs to the connection, and ends with it.
        var own = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Enlist = false }.ConnectionString;
        using var holder = new NpgsqlConnection(own);
        holder.Open();
        using var take = new NpgsqlCommand("SELECT pg_advisory_lock($1)", holder) { CommandTimeout = LockWaitSeconds };
        take.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockKey });
        take.ExecuteNonQuery();

        var upgrade = DeployChanges.To.PostgresqlDatabase(own)
            .WithScriptsEmbeddedInAssembly(assembly, name => name.StartsWith(prefix, StringComparison.Ordinal))
            .WithTransactionPerScript()
            .WithVariablesDisabled()
            .JournalToPostgresqlTable(null, "schema_scripts")
            .LogToNowhere()
            .Build();

        var known = upgrade.GetDiscoveredScripts().Select(script => script.Name).ToHashSet();
        var unknown = upgrade.GetExecutedScripts()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && !known.Contains(name)).ToList();
        if (unknown.Count > 0)
        {
            throw new InvalidOperationException(
                $"The database {holder.Database} was brought up by a later version (it has {string.Join(", ", unknown)}): start that version.");
        }

        var result = upgrade.PerformUpgrade();
        if (!result.Successful)
        {
            throw new InvalidOperationException(
                $"The schema script {result.ErrorScript?.Name} failed on the database {holder.Database}.", result.Error);
        }

        return [.. result.Scripts.Select(script => script.Name)];
    }
}
