using CsCheck;
using Google.Protobuf;
using OrleansSync.Core;
using OrleansSync.Generators;
using OrleansSync.Protocol;
using V1 = OrleansSync.Protocol.V1;

namespace OrleansSync.Core.Tests.Protocol;

public sealed class SmallMappingTests
{
    private static readonly Guid Id = new("00112233-4455-6677-8899-aabbccddeeff");

    [Fact]
    public void A_UUID_is_16_bytes_big_endian()
    {
        Assert.Equal("00112233445566778899AABBCCDDEEFF", Convert.ToHexString(WireIds.ToWire(Id).Span));
        Assert.True(WireIds.TryRead(WireIds.ToWire(Id), out Guid read));
        Assert.Equal(Id, read);
    }

    [Fact]
    public void The_order_of_devices_is_that_of_their_bytes() =>
        Gen.Select(OperationGen.Device, OperationGen.Device).Sample(
            static (left, right) => Math.Sign(left.CompareTo(right)) == Math.Sign(WireIds.ToWire(left).Span.SequenceCompareTo(WireIds.ToWire(right).Span)));

    [Fact]
    public void Every_outcome_that_travels_is_the_same()
    {
        foreach (var outcome in Outcomes())
        {
            var (read, message) = OutcomeMapping.Read(V1.Outcome.Parser.ParseFrom(OutcomeMapping.ToWire(outcome).ToByteArray()), "outcome");
            Assert.Equal(outcome, read);
            Assert.Equal(outcome.Kind == OutcomeKind.Rejected, !string.IsNullOrEmpty(message));
        }
    }

    [Fact]
    public void Every_reason_is_explained_and_known_on_the_wire()
    {
        foreach (var reason in Enum.GetValues<RejectionReason>().Where(static reason => reason != RejectionReason.None))
        {
            Assert.DoesNotContain("reason", OutcomeMapping.Explain(reason), StringComparison.Ordinal);
            Assert.Equal(reason.ToString(), ((V1.RejectionReason)reason).ToString());
        }
    }

    [Fact]
    public void A_reason_of_a_later_version_keeps_its_number()
    {
        var wire = OutcomeMapping.ToWire(new Outcome(new OperationId(Id), OutcomeKind.Rejected, 1, (RejectionReason)77));
        Assert.Equal((RejectionReason)77, OutcomeMapping.Read(wire, "outcome").Outcome.Reason);
    }

    public static TheoryData<string, V1.Outcome> BadOutcomes() => new()
    {
        { "outcomes[0].operation_id", new V1.Outcome { Kind = V1.OutcomeKind.Applied } },
        { "outcomes[0].kind", new V1.Outcome { OperationId = WireIds.ToWire(Id) } },
        { "outcomes[0].kind", new V1.Outcome { OperationId = WireIds.ToWire(Id), Kind = (V1.OutcomeKind)6 } },
        { "outcomes[0].sequence", new V1.Outcome { OperationId = WireIds.ToWire(Id), Kind = V1.OutcomeKind.Applied, Sequence = -1 } },
        { "outcomes[0].rejection", new V1.Outcome { OperationId = WireIds.ToWire(Id), Kind = V1.OutcomeKind.Rejected } },
        {
            "outcomes[0].rejection", new V1.Outcome
            {
                OperationId = WireIds.ToWire(Id),
                Kind = V1.OutcomeKind.Applied,
                Rejection = new V1.Rejection { Reason = V1.RejectionReason.Conflict },
            }
        },
    };

    [Theory]
    [MemberData(nameof(BadOutcomes))]
    public void A_malformed_outcome_is_refused_and_its_field_named(string place, V1.Outcome wire)
    {
        var thrown = Assert.Throws<InvalidDataException>(() => PageMapping.ReadOutcomes(new V1.Page { Outcomes = { wire } }));
        Assert.StartsWith(place + " ", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cursors_travel()
    {
        foreach (var (lineage, sequence) in new[] { (Guid.Empty, 0L), (Id, 0L), (Id, 5L) })
        {
            Assert.True(CursorMapping.TryRead(CursorMapping.ToWire(lineage, sequence), out var readLineage, out var readSequence, out _));
            Assert.Equal((lineage, sequence), (readLineage, readSequence));
        }

        Assert.True(CursorMapping.TryRead(null, out var none, out var start, out _));
        Assert.Equal((Guid.Empty, 0L), (none, start));
    }

    [Theory]
    [InlineData(0, 5, "cursor.lineage")]
    [InlineData(3, 0, "cursor.lineage")]
    [InlineData(16, -1, "cursor.sequence")]
    public void A_malformed_cursor_has_a_fault(int bytes, long sequence, string path)
    {
        var wire = new V1.Cursor { Lineage = ByteString.CopyFrom([.. Enumerable.Repeat((byte)1, bytes)]), Sequence = sequence };
        Assert.False(CursorMapping.TryRead(wire, out _, out _, out var fault));
        Assert.Equal(path, fault.Path);
    }

    [Fact]
    public void Digests_travel() => Gen.Select(Gen.ULong, Gen.ULong, Gen.Long[0, 9]).Sample(static (upper, lower, rows) =>
    {
        var page = new V1.Page { Digests = { PageMapping.ToWire("tasks", new UInt128(upper, lower), rows) } };
        Assert.Equal(("tasks", new UInt128(upper, lower), rows), Assert.Single(PageMapping.ReadDigests(page)));
    });

    [Fact]
    public void A_malformed_digest_is_refused()
    {
        var page = new V1.Page { Digests = { new V1.TypeDigest { Type = "t" } } };
        var thrown = Assert.Throws<InvalidDataException>(() => PageMapping.ReadDigests(page));
        Assert.StartsWith("digests[0].digest ", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_travel()
    {
        var limits = new Limits
        {
            BatchOperations = 1,
            BatchBytes = 2,
            TransactionOperations = 3,
            TransactionBytes = 4,
            BatchesInFlight = 5,
            ValueBytes = 6,
            DocumentBytes = 7,
            DocumentFields = 8,
            Nesting = 9,
        };
        Assert.Equal(limits, LimitsMapping.Read(LimitsMapping.ToWire(limits)));
        Assert.Equal(Limits.Default, LimitsMapping.Read(LimitsMapping.ToWire(Limits.Default)));
    }

    [Fact]
    public void A_limit_that_is_missing_is_refused_and_named()
    {
        Assert.Throws<InvalidDataException>(() => LimitsMapping.Read(null));
        foreach (var field in V1.Limits.Descriptor.Fields.InDeclarationOrder())
        {
            var wire = LimitsMapping.ToWire(Limits.Default);
            field.Accessor.Clear(wire);
            var thrown = Assert.Throws<InvalidDataException>(() => LimitsMapping.Read(wire));
            Assert.StartsWith($"limits.{field.Name} ", thrown.Message, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<Outcome> Outcomes()
    {
        var id = new OperationId(Id);
        foreach (var kind in Enum.GetValues<OutcomeKind>().Where(static kind => kind != OutcomeKind.Rejected))
        {
            yield return new Outcome(id, kind, 3);
        }

        foreach (var reason in Enum.GetValues<RejectionReason>().Where(static reason => reason != RejectionReason.None))
        {
            yield return new Outcome(id, OutcomeKind.Rejected, 3, reason);
        }
    }
}
