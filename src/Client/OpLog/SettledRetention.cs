using OrleansSync.Client.Store.Sqlite;

namespace OrleansSync.Client.OpLog;

/// <summary>How much of what is settled is kept, to be sent again to a server that has lost it.</summary>
/// <param name="Operations">At most so many; 0: none.</param>
/// <param name="Bytes">At most so many bytes of them.</param>
/// <param name="Age">None for longer, but for an hour.</param>
/// <param name="Now">The device's clock.</param>
internal sealed record SettledRetention(int Operations, long Bytes, TimeSpan Age, Func<DateTimeOffset> Now)
{
    private static readonly TimeSpan AgeSlack = TimeSpan.FromHours(1);

    /// <summary>As the options of a store say.</summary>
    public static SettledRetention From(SyncStoreOptions options, Func<DateTimeOffset> now) =>
        new(options.KeptOperations, options.KeptBytes, options.KeptFor, now);

    /// <summary>The server's journal has what the cursor covers, and its effect is in the server's rows: it leaves the log, and is kept.</summary>
    public void Prune(WriteContext context)
    {
        var (connection, cursor) = (context.Connection, context.Meta.Cursor);
        var now = Now().ToUnixTimeMilliseconds();
        var kept = Operations > 0 && KeptTable.Add(connection, cursor, now) > 0;
        if (!kept && Operations > 0) return;
        if (connection.Execute($"DELETE FROM operations WHERE {OperationTable.IsCovered}", cursor) > 0) AttemptedTable.Prune(connection);
        if (kept) Trim(context, now);
    }

    // A sixteenth more than is over, so that each settlement after it does not have to.
    private void Trim(WriteContext context, long now)
    {
        var (first, last) = KeptTable.Ends(context.Connection);
        var count = last.Position - first.Position + 1;
        var bytes = last.Total - first.Total;
        var (position, total, age) = (0L, 0L, 0L);
        if (count > Operations) position = last.Position - (Operations - (Operations / 16));
        if (bytes > Bytes) total = last.Total - (Bytes - (Bytes / 16));
        if (now - first.KeptAt > (Age + AgeSlack).TotalMilliseconds) age = now - (long)Age.TotalMilliseconds;
        if ((position, total, age) == default) return;
        var forgotten = KeptTable.Remove(context.Connection, position, total, age);
        context.Meta = context.Meta with { ForgottenThrough = Math.Max(context.Meta.ForgottenThrough, forgotten) };
    }
}
