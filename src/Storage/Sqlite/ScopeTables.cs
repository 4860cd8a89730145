using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite;

/// <summary>Reads scopes, devices and digests within the caller's transaction: the writer's for a claim, a reader's for the rest.</summary>
internal sealed class ScopeTables(SqliteDatabase database)
{
    private const string DeviceColumns =
        "SELECT device, number, counter, done_below, proved, pending, registered_at, revoked FROM devices WHERE scope = ? ";

    private readonly SqliteStatement _scope = database.Prepare(
        "SELECT id, epoch, head, last_commit, clock, lineage, horizon, lost_after, lost_through FROM scopes WHERE scope = ?");

    private readonly SqliteStatement _devices = database.Prepare(DeviceColumns + "ORDER BY number");
    private readonly SqliteStatement _device = database.Prepare(DeviceColumns + "AND device = ?");
    private readonly SqliteStatement _digests = database.Prepare("SELECT type, digest, live FROM digests WHERE scope = ? ORDER BY type");

    public (long Id, ScopeState State)? FindScope(ScopeId scope)
    {
        using var row = _scope.Bind(scope.Value).Query();
        if (!row.Read()) return null;
        var state = new ScopeState(
            _scope.Int64(1), _scope.Int64(2), _scope.Guid(3), _scope.Int64(4), _scope.Guid(5), _scope.Int64(6),
            new SequenceGap(_scope.Int64(7), _scope.Int64(8)));
        return (_scope.Int64(0), state);
    }

    public List<DeviceRecord> Devices(long scope)
    {
        var devices = new List<DeviceRecord>();
        using var rows = _devices.Bind(scope).Query();
        while (rows.Read()) devices.Add(ReadDevice(_devices));
        return devices;
    }

    public DeviceRecord? Device(long scope, DeviceId device)
    {
        using var row = _device.Bind(scope).Bind(device.Value).Query();
        return row.Read() ? ReadDevice(_device) : null;
    }

    public ImmutableArray<TypeDigest> Digests(long scope)
    {
        var digests = ImmutableArray.CreateBuilder<TypeDigest>();
        using var rows = _digests.Bind(scope).Query();
        while (rows.Read()) digests.Add(new TypeDigest(_digests.Text(0), _digests.UInt128(1), _digests.Int64(2)));
        return digests.DrainToImmutable();
    }

    private static DeviceRecord ReadDevice(SqliteStatement row) => new(
        new DeviceId(row.Guid(0)),
        row.Int32(1),
        row.Int64(2),
        row.Int64(3),
        new DeviceSession([.. row.Bytes(4)], [.. row.Bytes(5)]),
        row.Int64(6),
        row.Int64(7) != 0);
}
