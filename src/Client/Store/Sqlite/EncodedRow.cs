using OrleansSync.Core;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>
/// A row of the server in the forms that the database stores. They are made where it is read from the wire, so that the transaction that
/// takes it in, beside which nobody else can write, has only to write.
/// </summary>
internal sealed class EncodedRow(EntityRow row)
{
    public EntityRow Row { get; } = row;

    public EntityKey Key => Row.Key;

    public byte[] Document { get; } = RowEncoding.EncodeDocument(row);

    public byte[] Meta { get; } = RowEncoding.EncodeMeta(row);

    public RowDigest Digest { get; } = RowDigest.Of(row);
}
