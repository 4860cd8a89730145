using OrleansSync.Client.Store.Sqlite;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// Compares what a complete page says of the server's rows with what is held at its cursor. Types that are not held, or being filled, are
/// not looked at; a page that lies before what is visible tells nothing.
/// </summary>
internal static class DigestCheck
{
    public static void Run(WriteContext context, ChangePage page)
    {
        var (meta, drifted) = (context.Meta, context.Meta.Drifted);
        if (page.Digests.Count == 0 || !meta.Digests.AreKnown || page.Cursor != meta.Cursor) return;
        foreach (var (type, digest) in page.Digests)
        {
            if (!meta.Types.Holds(type)) continue;
            drifted = meta.Digests.Of(type) == digest ? drifted.Remove(type) : drifted.Add(type);
        }

        context.Meta = meta with { Drifted = drifted };
        var found = drifted.Except(meta.Drifted);
        if (found.Count > 0) context.NoteEvent(new SyncEvent.DriftFound([.. found]));
    }
}
