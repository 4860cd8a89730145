using CsCheck;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Core.Tests.Encoding;

public sealed class OperationEncodingTests
{
    [Fact]
    public void A_decoded_operation_is_the_encoded_one() => OperationGen.Any.Sample(static operation =>
        Assert.Equal(Describe.Operation(operation), Describe.Operation(OperationEncoding.Decode(OperationEncoding.Encode(operation)))));

    [Fact]
    public void The_size_is_that_of_the_encoding() => OperationGen.Any.Sample(static operation =>
        OperationEncoding.SizeOf(operation) == OperationEncoding.Encode(operation).Length);

    [Fact]
    public void Every_truncation_is_refused() => OperationGen.Any.Sample(static operation =>
    {
        var bytes = OperationEncoding.Encode(operation);
        for (var size = 0; size < bytes.Length; size++)
        {
            Assert.Throws<FormatException>(() => OperationEncoding.Decode(bytes.AsMemory(0, size)));
        }
    }, iter: 50);

    [Fact]
    public void Bytes_after_the_end_are_refused() =>
        Assert.Throws<FormatException>(() => OperationEncoding.Decode((byte[])[.. OperationEncoding.Encode(Samples.Update), 0]));

    [Fact]
    public void Every_other_version_is_refused()
    {
        var bytes = OperationEncoding.Encode(Samples.Update);
        for (var version = 0; version <= byte.MaxValue; version++)
        {
            if (version == 1) continue;
            bytes[0] = (byte)version;
            Assert.Throws<FormatException>(() => OperationEncoding.Decode(bytes));
        }
    }

    /// <summary>One content, one encoding: otherwise equal operations could have different content hashes.</summary>
    [Fact]
    public void Damaged_bytes_are_refused_or_are_the_encoding_of_what_they_say() =>
        Gen.Select(OperationGen.Any, Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte).Array[1, 3]).Sample(static (operation, damages) =>
        {
            var bytes = OperationEncoding.Encode(operation);
            foreach (var (position, value) in damages) bytes[position % bytes.Length] = value;
            Operation decoded;
            try
            {
                decoded = OperationEncoding.Decode(bytes);
            }
            catch (FormatException)
            {
                return;
            }

            Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(OperationEncoding.Encode(decoded)));
        });

    [Theory]
    [InlineData("8500")] // not the shortest form
    [InlineData("FFFFFFFFFFFFFFFFFF02")] // more than 64 bits
    [InlineData("80808080808080808080")] // no end
    public void A_number_in_another_form_is_refused(string counter)
    {
        const int Offset = 1 + 16 + 16 + 1 + 5 + 1 + 2 + 1;
        var bytes = OperationEncoding.Encode(Samples.Create);
        Assert.Equal(5, bytes[Offset]);
        byte[] changed = [.. bytes[..Offset], .. Convert.FromHexString(counter), .. bytes[(Offset + 1)..]];
        Assert.Throws<FormatException>(() => OperationEncoding.Decode(changed));
    }

    [Fact]
    public void Observed_tags_that_were_never_given_are_none()
    {
        var operation = Samples.Update with { Changes = [new RemoveElement("tags", SetElement.Of(1), default)] };
        var decoded = OperationEncoding.Decode(OperationEncoding.Encode(operation));
        Assert.Empty(Assert.IsType<RemoveElement>(Assert.Single(decoded.Changes)).Observed);
    }

    [Fact]
    public void Values_are_slices_of_the_input()
    {
        var bytes = OperationEncoding.Encode(Samples.Create);
        var set = Assert.IsType<SetField>(OperationEncoding.Decode(bytes).Changes[0]);
        Assert.True(bytes.AsSpan().Overlaps(set.Value.Utf8.Span));
    }

    public static TheoryData<string, Operation> EveryPartChanged() => new()
    {
        { "id", Samples.Update with { Id = Samples.Create.Id } },
        { "device", Samples.Update with { Device = Samples.DeviceA } },
        { "type", Samples.Update with { Entity = new EntityKey("task", "t1") } },
        { "entity id", Samples.Update with { Entity = new EntityKey("tasks", "t2") } },
        { "boundary of type and id", Samples.Update with { Entity = new EntityKey("taskst", "1") } },
        { "kind", Samples.Update with { Kind = OperationKind.Create } },
        { "counter", Samples.Update with { Counter = 301 } },
        { "base", Samples.Update with { Base = 8 } },
        { "seen", Samples.Update with { Seen = 999_999 } },
        { "generation", Samples.Update with { Generation = 3 } },
        { "whole document", Samples.Update with { WholeDocumentCounter = 0 } },
        { "transaction", Samples.Update with { Transaction = Samples.Delete.Transaction } },
        { "order of changes", Samples.Update with { Changes = [.. Samples.Update.Changes.Reverse()] } },
        { "a change less", Samples.Update with { Changes = Samples.Update.Changes[..2] } },
        { "delta", Samples.Update with { Changes = Samples.Update.Changes.SetItem(0, new IncrementField("minutes", 3)) } },
        {
            "counter of a change",
            Samples.Update with { Changes = Samples.Update.Changes.SetItem(0, new IncrementField("minutes", -3, 1)) }
        },
        { "before image", Samples.Update with { Before = [] } },
    };

    [Theory]
    [MemberData(nameof(EveryPartChanged))]
    public void The_content_hash_covers_every_part(string part, Operation changed) =>
        Assert.False(OperationEncoding.ContentHash(Samples.Update) == OperationEncoding.ContentHash(changed), part);

    [Fact]
    public void The_content_hash_of_equal_operations_is_equal() =>
        Assert.Equal(
            OperationEncoding.ContentHash(Samples.Update),
            OperationEncoding.ContentHash(OperationEncoding.Decode(OperationEncoding.Encode(Samples.Update))));
}
