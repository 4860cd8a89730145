using System.Globalization;
using OrleansSync.Chaos.History;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>
/// At every complete cursor a device holds exactly what the journal says the rows were at that sequence: no commit is
/// missing, none came early, no transaction is there by half. And a cursor never goes back.
/// </summary>
internal sealed class SnapshotsCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        foreach (var device in user.Devices)
        {
            var cursor = 0L;
            foreach (var snapshot in device.Events.OfType<Snapshot>())
            {
                if (snapshot.Cursor < cursor)
                    yield return new Violation(ViolationKind.Diverged, $"{device.Name}: the cursor went back from {cursor} to {snapshot.Cursor}");
                cursor = snapshot.Cursor;
                if (Judge(user, device, snapshot) is { } violation) yield return violation;
            }
        }
    }

    private static Violation? Judge(UserRecord user, DeviceRecord device, Snapshot snapshot)
    {
        var timeline = user.Timeline;
        foreach (var (entity, sequence) in snapshot.Rows)
        {
            var expected = timeline.At(KeyOf(entity), snapshot.Cursor)?.Sequence ?? 0;
            if (sequence != expected) return Of(user, device, snapshot, KeyOf(entity), sequence, expected);
        }

        foreach (var entity in timeline.Entities)
        {
            // A first pull leaves tombstones out.
            if (timeline.At(entity, snapshot.Cursor) is { Deleted: false } row && !snapshot.Rows.ContainsKey(entity.ToString()))
                return Of(user, device, snapshot, entity, 0, row.Sequence);
        }

        var digest = UInt128.Parse(snapshot.Digest, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return digest == timeline.DigestAt(snapshot.Cursor)
            ? null
            : new Violation(ViolationKind.Diverged, $"{device.Name} at cursor {snapshot.Cursor} holds other rows than the journal gives, of the right sequences");
    }

    private static Violation Of(UserRecord user, DeviceRecord device, Snapshot snapshot, EntityKey entity, long sequence, long expected)
    {
        var at = Math.Max(sequence, expected);
        var operation = user.Journal.Values.FirstOrDefault(row => row.Sequence == at && row.Entity == entity);
        var inTransaction = operation is not null && user.Operations.GetValueOrDefault(operation.Operation)?.Transaction is not null;
        return new Violation(
            inTransaction ? ViolationKind.Torn : ViolationKind.Diverged,
            $"{device.Name} at cursor {snapshot.Cursor} holds {entity} of commit {sequence}; the journal says {expected}",
            operation?.Operation, entity);
    }

    private static EntityKey KeyOf(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return new EntityKey(text[..slash], text[(slash + 1)..]);
    }
}
