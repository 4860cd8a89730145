using OrleansSync.Convergence.Tests.Devices;
using OrleansSync.Convergence.Tests.History;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>
/// What a device shows is at every moment what the server had at its cursor, and its own operations that are not in there over
/// it: no gap, nothing counted twice, nothing from beyond the cursor.
/// </summary>
internal sealed class ViewChecker(RunRecord record) : Checker(record)
{
    public override void OnView(DeviceView view)
    {
        // The effect of a dead letter, and of what waits in the inbox, is gone; one that the cursor covers is in the server's row.
        view.Device.Uncovered.RemoveAll(written => written.Told is { } told
            && (told.Kind is OutcomeKind.Rejected or OutcomeKind.Parked || (told.Sequence <= view.Cursor && written.Entry?.Sequence <= view.Cursor)));
        foreach (var key in view.Rows.Keys) CheckRow(view, key);
        foreach (var key in Record.Oracle.Keys)
        {
            if (!view.Rows.ContainsKey(key)) CheckRow(view, key);
        }
    }

    private void CheckRow(DeviceView view, EntityKey key)
    {
        var held = view.Rows.GetValueOrDefault(key);
        var server = Rows.OnWire(Record.Oracle.At(key, view.Cursor), Record.Schema);
        // A pull from the start leaves out the tombstones it could have brought.
        if (server is { Deleted: true } && held.Server is null) server = null;
        if (!Rows.Same(server, held.Server))
        {
            Report(Verdict.Diverged, $"{view.Device.Name} at {view.Cursor} holds {Rows.Text(held.Server)}; the server had {Rows.Text(server)}");
            return;
        }

        var local = server;
        foreach (var written in view.Device.Uncovered)
        {
            if (written.Operation.Entity != key || written.Entry?.Sequence <= view.Cursor) continue;
            var context = new MergeContext(Rows.LocalSchemaOf(Record.Schema, key), long.MaxValue, written.WrittenAt, Limits.Default);
            local = Merge.Apply(local, written.Operation, context).Row;
        }

        if (!Rows.Same(local, held.Local))
            Report(Verdict.Doubled, $"{view.Device.Name} at {view.Cursor} shows {Rows.Text(held.Local)}; with its own edits it is {Rows.Text(local)}");
    }
}
