using OrleansSync.Client;

namespace OrleansSync.Samples.Tasks;

/// <summary>The words for what the board shows, on the screen and in a script's output.</summary>
internal static class BoardText
{
    public static string Badge(EntitySyncState state) => state switch
    {
        EntitySyncState.Pending => "waiting",
        EntitySyncState.Conflict => "conflict",
        EntitySyncState.DeadLetter => "refused",
        _ => "",
    };

    public static string Line(int number, BoardRow row)
    {
        var badge = Badge(row.State);
        return $"{number}. [{(row.Task.Done ? 'x' : ' ')}] {row.Task.Title}{(row.Task.Minutes > 0 ? $" ({row.Task.Minutes} min)" : "")}{(badge.Length > 0 ? $" <{badge}>" : "")}";
    }

    public static string Status(SyncStatus status)
    {
        var connection = status.Connection switch
        {
            SyncConnection.Online => "online",
            SyncConnection.Paused => "offline, as you wish",
            SyncConnection.Unauthenticated => "signed out",
            SyncConnection.Refused => "refused",
            SyncConnection.Connecting when status.LastError is { } error => $"not connected: {error}",
            _ => "connecting",
        };
        var waiting = status.Pending > 0 ? $" · {status.Pending} waiting" : status.LastSynced is { } at ? $" · in sync since {at.ToLocalTime():HH:mm:ss}" : "";
        var progress = status.Pushing is { } pushing ? $" · sent {pushing.Done} of {pushing.Total}"
            : status.Pulling is { } pulling ? $" · read {pulling.Done} of {pulling.Total}" : "";
        var letters = status.DeadLetters > 0 ? $" · {status.DeadLetters} refused" : "";
        return connection + waiting + progress + letters;
    }

    public static string Letter(int number, DeadLetter letter) =>
        $"{number}. {letter.Kind.ToString().ToLowerInvariant()} {string.Join(", ", letter.Changes.Select(static change => change.Field))}: "
        + (letter.Message ?? letter.Code ?? letter.Reason.ToString());
}
