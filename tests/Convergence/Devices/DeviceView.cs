using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Devices;

/// <summary>An entity as a device shows and holds it.</summary>
internal readonly record struct HeldRow(EntityRow Local, EntityRow? Server);

/// <summary>All that a device shows at one moment, and how far it says to have the server's state.</summary>
internal sealed class DeviceView(SimulatedDevice device, long cursor, IReadOnlyDictionary<EntityKey, HeldRow> rows)
{
    private const string All =
        "SELECT type, id, pending, sequence, fields, meta, server_sequence, server_fields, server_meta FROM entities";

    public SimulatedDevice Device { get; } = device;

    public long Cursor { get; } = cursor;

    public IReadOnlyDictionary<EntityKey, HeldRow> Rows { get; } = rows;

    public static DeviceView Of(SimulatedDevice device, ILocalTransactions database)
    {
        var rows = database.Read(ReadRows);
        var isBeginningAnew = database.Meta.Cursor == 0 && rows.Values.Any(static row => row.Server is not null);
        return new(device, isBeginningAnew ? device.StartedAgainAt : database.Meta.Cursor, rows);
    }

    private static Dictionary<EntityKey, HeldRow> ReadRows(LocalConnection connection) => connection.Query(All, static reader =>
    {
        var key = new EntityKey(reader.Text(0), reader.Text(1));
        var local = RowEncoding.Decode(key, reader.Int64(3), reader.Blob(4), reader.Blob(5));
        var server = reader.Int64(6) switch
        {
            0 => null,
            _ when !(reader.Int64(2) != 0) => local,
            var sequence => RowEncoding.Decode(key, sequence, reader.Blob(7), reader.Blob(8)),
        };
        return (Key: key, Row: new HeldRow(local, server));
    }).ToDictionary(static row => row.Key, static row => row.Row);
}
