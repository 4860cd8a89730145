using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite.Writing;

/// <summary>Removes what a scope need not keep. Inside the group's transaction; the caller raises the epoch.</summary>
internal sealed class Purger(SqliteDatabase database, LetterWriter letters)
{
    private readonly SqliteStatement _removeTombstones = database.Prepare(
        """
        DELETE FROM entities WHERE rowid IN (
          SELECT rowid FROM entities WHERE scope = ? AND deleted_at < ? ORDER BY deleted_at LIMIT ?) RETURNING seq
        """);

    // Of each device the oldest entries are looked at, and no more: what is kept behind them is younger.
    private readonly SqliteStatement _removeOperations = database.Prepare(
        """
        DELETE FROM operations WHERE scope = ?1 AND op_id IN (
          SELECT op_id FROM (SELECT op_id, counter, at FROM operations WHERE scope = ?1 AND device = ?2 ORDER BY seq LIMIT ?3)
          WHERE at < ?4 AND counter < ?5)
        """);

    private readonly SqliteStatement _raiseHorizon = database.Prepare("UPDATE scopes SET horizon = max(horizon, ?) WHERE id = ?");

    private readonly SqliteStatement _countTombstones = database.Prepare(
        "SELECT count(*) FROM entities WHERE scope = ? AND deleted_at IS NOT NULL");

    public PurgeResult Run(long scope, PurgeRequest request, IEnumerable<DeviceRecord> devices)
    {
        var tombstones = RemoveTombstones(scope, request);
        var operations = 0;
        foreach (var device in devices)
        {
            var doneBelow = device.Revoked || device.Device == DeviceId.Backend ? long.MaxValue : device.DoneBelow;
            if (operations == request.MaxRows) break;
            operations += _removeOperations.Bind(scope).Bind(device.Number).Bind(request.MaxRows - operations)
                .Bind(request.JournaledBefore).Bind(doneBelow).Run();
        }

        return new PurgeResult(tombstones, operations, CountTombstones(scope), letters.Purge(scope, request));
    }

    private int RemoveTombstones(long scope, PurgeRequest request)
    {
        var (count, horizon) = (0, 0L);
        using (_removeTombstones.Bind(scope).Bind(request.DeletedBefore).Bind(request.MaxRows).Query())
        {
            for (; _removeTombstones.Step(); count++) horizon = Math.Max(horizon, _removeTombstones.Int64(0));
        }

        if (count > 0) _raiseHorizon.Bind(horizon).Bind(scope).Run();
        return count;
    }

    private long CountTombstones(long scope)
    {
        using var rows = _countTombstones.Bind(scope).Query();
        rows.Read();
        return _countTombstones.Int64(0);
    }
}
