using Microsoft.Data.Sqlite;

namespace OrleansSync.Bench.Load.Systems;

/// <summary>Statements that are run once, from texts of this program.</summary>
internal static class SqliteCommands
{
#pragma warning disable CA2100 // See above.
    public static void Execute(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static long Number(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
#pragma warning restore CA2100
}
