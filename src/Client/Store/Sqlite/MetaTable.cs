using System.Text.Json;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Subscriptions;
using OrleansSync.Core;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>The rows of the table meta.</summary>
internal static class MetaTable
{
    public const string Upsert = "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value";

    /// <summary>Reads the state; a new file begins with the given one.</summary>
    public static LocalMeta Load(LocalConnection connection, Func<LocalMeta> begin)
    {
        var rows = connection.Query("SELECT key, value FROM meta", static reader => (Key: reader.Text(0), Value: reader.IsInteger(1) ? (object)reader.Int64(1) : reader.Blob(1)))
            .ToDictionary(static row => row.Key, static row => row.Value, StringComparer.Ordinal);
        if (!rows.TryGetValue("device", out var device))
        {
            var fresh = begin();
            connection.Execute(Upsert, "device", ToBytes(fresh.Device.Value));
            Save(connection, new LocalMeta { Device = fresh.Device }, fresh);
            return fresh;
        }

        return new LocalMeta
        {
            Device = new DeviceId(ToGuid(device)),
            Clock = Number(rows, "clock"),
            SessionToken = Bytes(rows, "session_token"),
            Account = Bytes(rows, "account"),
            Lineage = rows.TryGetValue("lineage", out var lineage) ? ToGuid(lineage) : Guid.Empty,
            // A file of before the two were told apart.
            History = rows.TryGetValue("history", out var history) ? ToGuid(history) : rows.TryGetValue("lineage", out lineage) ? ToGuid(lineage) : Guid.Empty,
            Lost = new SequenceGap(Number(rows, "lost_after"), Number(rows, "lost_through")),
            Recovery = Number(rows, "recovering") == 0
                ? null
                : new RecoveryState((int)Number(rows, "recovery_resent"), (int)Number(rows, "recovery_refused"), Number(rows, "recovery_forgot") != 0, Number(rows, "recovering") == 2),
            ForgottenThrough = Number(rows, "forgotten_through"),
            Cursor = Number(rows, "cursor"),
            PageToken = Bytes(rows, "page_token"),
            Resyncing = Number(rows, "resyncing") != 0,
            SchemaHash = Bytes(rows, "schema_hash"),
            Schema = rows.TryGetValue("schema", out var schema) ? SchemaDocument.Parse((byte[])schema) : SyncSchema.Open,
            Limits = rows.TryGetValue("limits", out var limits)
                ? JsonSerializer.Deserialize((byte[])limits, StoreJson.Default.Limits)!
                : Limits.Default,
            Types = new TypeSubscriptions(
                Texts(rows, "types") is { } types ? TypeSubscriptions.Sorted(types) : null,
                [.. Texts(rows, "filling_types") ?? []],
                Bytes(rows, "fill_token"),
                Number(rows, "filled_through"),
                [.. Texts(rows, "local_types") ?? []]),
            Digests = DigestRows.Load(rows),
            ReconciledAt = Number(rows, "reconciled_at"),
        };
    }

    /// <summary>Writes what differs.</summary>
    public static void Save(LocalConnection connection, LocalMeta before, LocalMeta after)
    {
        if (ReferenceEquals(before, after)) return;
        if (after.Clock != before.Clock) connection.Execute(Upsert, "clock", after.Clock);
        if (after.Cursor != before.Cursor) connection.Execute(Upsert, "cursor", after.Cursor);
        if (after.Lineage != before.Lineage) connection.Execute(Upsert, "lineage", ToBytes(after.Lineage));
        if (after.History != before.History) connection.Execute(Upsert, "history", ToBytes(after.History));
        if (after.Lost != before.Lost) SaveLost(connection, after.Lost);
        if (after.Recovery != before.Recovery) SaveRecovery(connection, after.Recovery);
        if (after.ForgottenThrough != before.ForgottenThrough) connection.Execute(Upsert, "forgotten_through", after.ForgottenThrough);
        if (after.Resyncing != before.Resyncing) connection.Execute(Upsert, "resyncing", after.Resyncing ? 1L : 0L);
        if (!Same(after.SessionToken, before.SessionToken)) connection.Execute(Upsert, "session_token", after.SessionToken.ToArray());
        if (!Same(after.Account, before.Account)) connection.Execute(Upsert, "account", after.Account.ToArray());
        if (after.Device != before.Device) connection.Execute(Upsert, "device", ToBytes(after.Device.Value));
        if (!Same(after.PageToken, before.PageToken)) connection.Execute(Upsert, "page_token", after.PageToken.ToArray());
        if (!Same(after.SchemaHash, before.SchemaHash)) connection.Execute(Upsert, "schema_hash", after.SchemaHash.ToArray());
        if (!ReferenceEquals(after.Schema, before.Schema)) connection.Execute(Upsert, "schema", SchemaDocument.Write(after.Schema));
        if (!ReferenceEquals(after.Types, before.Types)) SaveTypes(connection, before.Types, after.Types);
        if (!ReferenceEquals(after.Digests, before.Digests)) DigestRows.Save(connection, before.Digests, after.Digests);
        if (after.ReconciledAt != before.ReconciledAt) connection.Execute(Upsert, "reconciled_at", after.ReconciledAt);
        if (after.Limits != before.Limits)
        {
            connection.Execute(Upsert, "limits", JsonSerializer.SerializeToUtf8Bytes(after.Limits, StoreJson.Default.Limits));
        }
    }

    /// <summary>Gives the transaction something to sync. A count: SQLite does not write a value that is there already.</summary>
    public static void Touch(LocalConnection connection) => connection.Execute(
        "INSERT INTO meta(key, value) VALUES('syncs', 1) ON CONFLICT(key) DO UPDATE SET value = value + 1");

    public static byte[] ToBytes(Guid id) => id.ToByteArray(bigEndian: true);

    public static Guid ToGuid(object bytes) => new((byte[])bytes, bigEndian: true);

    private static void SaveLost(LocalConnection connection, SequenceGap lost)
    {
        connection.Execute(Upsert, "lost_after", lost.After);
        connection.Execute(Upsert, "lost_through", lost.Through);
    }

    private static void SaveRecovery(LocalConnection connection, RecoveryState? recovery)
    {
        connection.Execute(Upsert, "recovering", recovery is null ? 0L : recovery.RowsAreOfBefore ? 2L : 1L);
        connection.Execute(Upsert, "recovery_resent", recovery?.Resent ?? 0L);
        connection.Execute(Upsert, "recovery_refused", recovery?.Refused ?? 0L);
        connection.Execute(Upsert, "recovery_forgot", recovery is { HasForgotten: true } ? 1L : 0L);
    }

    private static void SaveTypes(LocalConnection connection, TypeSubscriptions before, TypeSubscriptions after)
    {
        if (!ReferenceEquals(after.Joined, before.Joined)) SaveTexts("types", after.Joined!);
        if (after.Filling != before.Filling) SaveTexts("filling_types", after.Filling);
        if (!ReferenceEquals(after.Local, before.Local)) SaveTexts("local_types", after.Local);
        if (!Same(after.FillToken, before.FillToken)) connection.Execute(Upsert, "fill_token", after.FillToken.ToArray());
        if (after.FilledThrough != before.FilledThrough) connection.Execute(Upsert, "filled_through", after.FilledThrough);

        void SaveTexts(string key, IEnumerable<string> texts) =>
            connection.Execute(Upsert, key, JsonSerializer.SerializeToUtf8Bytes(texts.ToArray(), StoreJson.Default.StringArray));
    }

    private static string[]? Texts(Dictionary<string, object> rows, string key) =>
        rows.TryGetValue(key, out var value) ? JsonSerializer.Deserialize((byte[])value, StoreJson.Default.StringArray) : null;

    private static bool Same(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) => left.Span.SequenceEqual(right.Span);

    private static long Number(Dictionary<string, object> rows, string key) => rows.TryGetValue(key, out var value) ? (long)value : 0;

    private static ReadOnlyMemory<byte> Bytes(Dictionary<string, object> rows, string key) =>
        rows.TryGetValue(key, out var value) ? (byte[])value : default(ReadOnlyMemory<byte>);
}
