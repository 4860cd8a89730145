using System.Collections.Immutable;
using Google.Protobuf;
using OrleansSync.Core;
using OrleansSync.Protocol.Encoded;
using RowReader = OrleansSync.Protocol.Encoded.RowReader;

namespace OrleansSync.Protocol;

/// <summary>Pages of rows and outcomes, with the device table that their stamps point into.</summary>
public static class PageMapping
{
    /// <summary>
    /// The devices, rows and outcomes of a page; the caller adds where the page stands. Values are shared, not copied.
    /// </summary>
    /// <param name="rows">In the order they travel. Tombstones travel without their hidden fields.</param>
    /// <param name="outcomes">Of the device the page is for.</param>
    /// <param name="schema">Says which types need the latest edits: those that delete by <see cref="DeletePolicy.EditWins"/>.</param>
    public static V1.Page ToWire(IEnumerable<EntityRow> rows, IEnumerable<Outcome> outcomes, SyncSchema schema)
    {
        var page = new V1.Page();
        var writer = new RowWriter(page.Devices);
        foreach (var row in rows)
        {
            page.Rows.Add(writer.Write(row, withEdits: schema.Find(row.Key.Type)?.OnDelete == DeletePolicy.EditWins));
        }

        foreach (var outcome in outcomes) page.Outcomes.Add(OutcomeMapping.ToWire(outcome));
        return page;
    }

    /// <exception cref="InvalidDataException">A row is malformed; the message names the field.</exception>
    public static ImmutableArray<EntityRow> ReadRows(Page page) => RowReader.Read(page.Devices, page.Rows);

    /// <summary>The same of a page that was read as messages, or made of them.</summary>
    /// <exception cref="InvalidDataException">A row is malformed; the message names the field.</exception>
    public static ImmutableArray<EntityRow> ReadRows(V1.Page page) =>
        RowReader.Read(page.Devices, [.. page.Rows.Select(static row => row.ToByteString())]);

    /// <summary>The outcomes, each with what the server said about a refusal.</summary>
    /// <exception cref="InvalidDataException">An outcome is malformed; the message names the field.</exception>
    public static ImmutableArray<(Outcome Outcome, string? Message)> ReadOutcomes(V1.Page page) =>
        [.. page.Outcomes.Select(static (wire, i) => OutcomeMapping.Read(wire, $"outcomes[{i}]"))];

    /// <summary>Digests by type; empty unless the page is complete.</summary>
    /// <exception cref="InvalidDataException">A digest is malformed; the message names the field.</exception>
    public static ImmutableArray<(string Type, UInt128 Digest, long Rows)> ReadDigests(V1.Page page) =>
        [.. page.Digests.Select(static (wire, i) => WireIds.TryRead(wire.Digest, out UInt128 digest)
            ? (wire.Type, digest, wire.Rows)
            : throw new InvalidDataException($"digests[{i}].digest does not have 16 bytes."))];

    public static V1.TypeDigest ToWire(string type, UInt128 digest, long rows) =>
        new() { Type = type, Digest = WireIds.ToWire(digest), Rows = rows };
}
