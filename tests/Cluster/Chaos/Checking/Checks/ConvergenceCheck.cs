using System.Globalization;
using System.Text;
using OrleansSync.Chaos.History;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>When all is quiet every device holds what the database holds, row by row, and has nothing pending.</summary>
internal sealed class ConvergenceCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        var server = user.Scope.Rows.ToDictionary(static row => row.Key);
        var digest = Digest.OfRows(user.Scope.Rows).ToString("x32", CultureInfo.InvariantCulture);
        foreach (var device in user.Devices)
        {
            if (device.Events.OfType<Ended>().LastOrDefault() is not { } end)
            {
                yield return Differs(device, "never told what it holds at the end");
                continue;
            }

            if (end.Pending != 0) yield return Differs(device, $"has {end.Pending} operations pending at the end");
            if (end.Cursor != user.Scope.Head) yield return Differs(device, $"is at cursor {end.Cursor}; the head is {user.Scope.Head}");
            if (end.Digest != digest) yield return Differs(device, $"has the digest {end.Digest}; the database's rows have {digest}");
            foreach (var violation in Rows(user, device, end, server)) yield return violation;
        }
    }

    private static IEnumerable<Violation> Rows(UserRecord user, DeviceRecord device, Ended end, Dictionary<EntityKey, EntityRow> server)
    {
        var held = end.Rows.Select(static row => RowEncoding.Decode(
            new EntityKey(row.Type, row.Id), row.Sequence, Encoding.UTF8.GetBytes(row.Document), row.Meta)).ToDictionary(static row => row.Key);
        foreach (var key in held.Keys.Union(server.Keys))
        {
            var (here, there) = (held.GetValueOrDefault(key), server.GetValueOrDefault(key));
            if (here is null && there is { Deleted: true }) continue;
            if (there is null && user.Scope.MayBePurged(here)) continue;
            if (Comparable.Travelling(here) != Comparable.Travelling(there))
                yield return Differs(device, $"holds {key} of commit {here?.Sequence}, otherwise than the database's of {there?.Sequence}") with { Entity = key };
        }
    }

    private static Violation Differs(DeviceRecord device, string text) => new(ViolationKind.Diverged, $"{device.Name} {text}");
}
