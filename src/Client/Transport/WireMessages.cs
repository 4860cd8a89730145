using Google.Protobuf;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;
using OrleansSync.Protocol;
using Page = OrleansSync.Protocol.Encoded.Page;
using Wire = OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Transport;

/// <summary>
/// The device's messages, between the wire and what the local log takes. What arrives is checked: an answer that does not
/// fit is a fault (OS1018), and nothing of it is applied.
/// </summary>
internal static class WireMessages
{
    public static ByteString Bytes(ReadOnlyMemory<byte> value) => ByteString.CopyFrom(value.Span);

    public static Wire.Cursor CursorOf(LocalState state) => CursorMapping.ToWire(state.Lineage, state.Cursor);

    public static Wire.OperationBatch WriteBatch(long number, OperationBatch batch)
    {
        var message = new Wire.OperationBatch { Number = number };
        foreach (var operation in batch.Operations) message.Operations.Add(OperationMapping.ToWire(operation));
        return message;
    }

    public static HandshakeResult ReadHandshake(Wire.HandshakeResponse response) => Checked(() =>
    {
        Require(response.ProtocolVersion == ProtocolVersion.Current, $"protocol version {response.ProtocolVersion} where {ProtocolVersion.Current} was asked for");
        Require(!response.SessionToken.IsEmpty, "no session token");
        Require(WireIds.TryRead(response.Lineage, out Guid lineage), "a lineage that is no UUID");
        return new HandshakeResult(
            response.SessionToken.Memory,
            response.Schema is null ? null : SchemaMapping.Read(response.Schema),
            response.SchemaHash.Memory,
            response.Clock,
            lineage,
            response.Head,
            LimitsMapping.Read(response.Limits),
            response.Account.Memory)
        {
            Lost = new SequenceGap(response.LostAfter, response.LostThrough),
        };
    });

    /// <summary>The outcomes of one batch: one an operation, in its order.</summary>
    public static IReadOnlyList<OperationOutcome> ReadOutcomes(Wire.BatchAcknowledgement acknowledgement, OperationBatch batch) => Checked(() =>
    {
        var outcomes = acknowledgement.Outcomes.Select(static (wire, i) => ReadOutcome(wire, $"outcomes[{i}]")).ToList();
        var fits = outcomes.Select(static outcome => outcome.Outcome.Operation).SequenceEqual(batch.Operations.Select(static operation => operation.Id));
        Require(fits, $"batch {acknowledgement.Number} has {batch.Operations.Count} operations, and its {outcomes.Count} outcomes are not theirs");
        return outcomes;
    });

    public static ChangePage ReadPage(Page? page) => ReadPage(page, page is null ? [] : ReadEncoded(page));

    /// <summary>The same of a page whose rows are read elsewhere.</summary>
    public static ChangePage ReadPage(Page? page, IReadOnlyCollection<EncodedRow> rows) => Checked(() =>
    {
        Require(page is not null, "a response without a page");
        Require(CursorMapping.TryRead(page!.Cursor, out var lineage, out var sequence, out var fault), $"{fault}");
        Require(page.Complete == (lineage != Guid.Empty), "a complete page without a cursor, or a cursor on another one");
        return new ChangePage(
            rows,
            [.. page.Outcomes.Select(static (wire, i) => ReadOutcome(wire, $"outcomes[{i}]"))],
            page.Complete,
            lineage,
            sequence,
            page.PageToken.Memory,
            page.Head,
            page.Clock)
        {
            Digests = ReadDigests(page.Digests),
        };
    });

    /// <summary>The rows of a page, ready for the disk.</summary>
    public static EncodedRow[] ReadEncoded(Page page) => Checked(() => PageMapping.ReadRows(page).Select(static row => new EncodedRow(row)).ToArray());

    /// <summary>The rows of a page that is one of rows alone.</summary>
    public static IReadOnlyList<EntityRow> ReadRows(Page page) => Checked(() => PageMapping.ReadRows(page));

    private static (string Type, RowDigest Digest)[] ReadDigests(IReadOnlyCollection<Wire.TypeDigest> digests) =>
        [.. digests.Select(static (wire, i) => WireIds.TryRead(wire.Digest, out UInt128 sum)
            ? (wire.Type, new RowDigest(sum, wire.Rows))
            : throw new InvalidDataException($"digests[{i}].digest does not have 16 bytes."))];

    private static OperationOutcome ReadOutcome(Wire.Outcome wire, string path)
    {
        var (outcome, message) = OutcomeMapping.Read(wire, path);
        return new OperationOutcome(outcome, message);
    }

    private static T Checked<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException malformed)
        {
            throw SyncErrorCodes.DoesNotFit(malformed.Message);
        }
    }

    private static void Require(bool holds, string fact)
    {
        if (!holds) throw SyncErrorCodes.DoesNotFit(fact);
    }
}
