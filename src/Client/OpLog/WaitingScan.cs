using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Sqlite;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// Goes through the operations that are neither in flight nor settled, in log order. No index leads to them: they would be entered
/// into it and taken out again one by one, where they lie in the log side by side. What is known to be passed is jumped over, and what
/// is found to be passed is learned.
/// </summary>
internal sealed class WaitingScan(LocalConnection connection, CounterSet passed)
{
    private const string Range = "FROM operations WHERE counter > ?1 AND counter <= ?2 ORDER BY counter";
    private const string Entries = $"SELECT {OperationTable.EntryColumns} {Range}";
    private const string WithPayloads = $"SELECT {OperationTable.EntryColumns}, size, payload {Range}";

    private readonly List<CounterRun> _found = [];

    /// <summary>What was known to be passed, and what has been found to be.</summary>
    public CounterSet Passed => _found.Count > 0 ? passed.With(_found) : passed;

    /// <summary>The first operation that waits; <c>null</c>: none does.</summary>
    public static long? First(LocalConnection connection, CounterSet passed)
    {
        long? first = null;
        new WaitingScan(connection, passed).Run(
            Entries,
            long.MaxValue,
            reader =>
            {
                first = reader.Int64(0);
                return false;
            });
        return first;
    }

    /// <param name="through">The highest counter to look at.</param>
    /// <param name="visit">Is given the columns of an entry, the size and the payload; false ends the scan.</param>
    /// <returns>True: all have been visited.</returns>
    public bool Run(long through, Func<SqliteStatement, bool> visit) => Run(WithPayloads, through, visit);

    private bool Run(string sql, long through, Func<SqliteStatement, bool> visit)
    {
        long? from = passed.EndOfRun(1) ?? 0;
        var whole = true;
        while (from is { } after)
        {
            from = null;
            whole = connection.Scan(
                sql,
                reader =>
                {
                    var counter = reader.Int64(0);
                    // Nothing lies between, and what is written later comes behind.
                    if (counter > after + 1) _found.Add(new CounterRun(after + 1, counter - 1));
                    after = counter;
                    from = passed.EndOfRun(counter);
                    if (from is not null) return false;
                    if (OperationTable.StatusOf(reader) is OperationStatus.Pending or OperationStatus.Failed) return visit(reader);
                    _found.Add(new CounterRun(counter, counter));
                    return true;
                },
                after, through);
        }

        return whole;
    }
}
