using System.Buffers.Binary;
using System.Collections.Immutable;
using Npgsql;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Postgres.Reading;

/// <summary>How the rows of the small tables are selected and read.</summary>
internal static class Tables
{
    public const string ScopeColumns = "id, epoch, head, last_commit, clock, lineage, horizon, lost_after, lost_through";

    public const string DevicesOfScope =
        """
        SELECT device, number, counter, done_below, proved, pending, registered_at, revoked FROM devices
        WHERE scope = (SELECT id FROM scopes WHERE scope = $1) ORDER BY number
        """;

    public const string DigestsOfScope =
        "SELECT type, digest, live FROM digests WHERE scope = (SELECT id FROM scopes WHERE scope = $1) ORDER BY type";

    public static ScopeState ReadScope(NpgsqlDataReader row) => new(
        row.GetInt64(1), row.GetInt64(2), row.GetGuid(3), row.GetInt64(4), row.GetGuid(5), row.GetInt64(6),
        new SequenceGap(row.GetInt64(7), row.GetInt64(8)));

    public static async Task<List<DeviceRecord>> ReadDevicesAsync(NpgsqlDataReader rows, CancellationToken cancellationToken)
    {
        var devices = new List<DeviceRecord>();
        while (await rows.ReadAsync(cancellationToken))
        {
            devices.Add(new DeviceRecord(
                new DeviceId(rows.GetGuid(0)),
                rows.GetInt32(1),
                rows.GetInt64(2),
                rows.GetInt64(3),
                new DeviceSession([.. rows.GetFieldValue<byte[]>(4)], [.. rows.GetFieldValue<byte[]>(5)]),
                rows.GetInt64(6),
                rows.GetBoolean(7)));
        }

        return devices;
    }

    public static async Task<ImmutableArray<TypeDigest>> ReadDigestsAsync(NpgsqlDataReader rows, CancellationToken cancellationToken)
    {
        var digests = ImmutableArray.CreateBuilder<TypeDigest>();
        while (await rows.ReadAsync(cancellationToken)) digests.Add(new TypeDigest(rows.GetString(0), BigEndian(rows, 1), rows.GetInt64(2)));
        return digests.DrainToImmutable();
    }

    public static UInt128 BigEndian(NpgsqlDataReader row, int column) =>
        BinaryPrimitives.ReadUInt128BigEndian(row.GetFieldValue<byte[]>(column));
}
