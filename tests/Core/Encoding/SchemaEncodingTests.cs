using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Core.Tests.Encoding;

public sealed class SchemaEncodingTests
{
    private static readonly EntitySchema Tasks =
        new EntitySchema("tasks") { OnDelete = DeletePolicy.EditWins }.Counter("minutes").Set("tags");
    private static readonly EntitySchema Notes = new("notes") { Policy = ConflictPolicy.Custom, ResolverVersion = 300 };

    /// <summary>Devices keep the hash they learned: a change of the encoding would make every one fetch its schema again.</summary>
    [Fact]
    public void The_encoding_is_the_documented_one()
    {
        const string Expected = "01" + "00" + "02" // version, refuses undeclared types, two types
            + "05" + "6E6F746573" + "05" + "01" + "AC02" + "00" // notes: custom, by timestamp, resolver 300, no fields
            + "05" + "7461736B73" + "01" + "02" + "00" + "02" // tasks: field merge, edit wins, two fields
            + "07" + "6D696E75746573" + "02" // minutes: counter
            + "04" + "74616773" + "03"; // tags: set
        var schema = new SyncSchema([Tasks, Notes]);
        Assert.Equal(Expected, Convert.ToHexString(SchemaEncoding.Encode(schema)));
        Assert.Equal("44F1334256E55F244FB2FF603999F5D2022925DB967CEE581483DC524F538BAE", Convert.ToHexString(schema.Hash.Span));
        Assert.Equal("9F44AC6ACB8A37B00B615DC89259D306035BE82DEE7DB2B472E4C48326195440", Convert.ToHexString(SyncSchema.Open.Hash.Span));
    }

    [Fact]
    public void The_order_of_declaration_does_not_matter()
    {
        var other = new EntitySchema("tasks") { OnDelete = DeletePolicy.EditWins }.Set("tags").Counter("minutes");
        Assert.True(new SyncSchema([Tasks, Notes]).Hash.Span.SequenceEqual(new SyncSchema([Notes, other]).Hash.Span));
    }

    [Fact]
    public void A_field_declared_plain_is_as_one_that_is_not_declared()
    {
        var plain = Tasks with { Fields = Tasks.Fields.SetItem("title", FieldKind.Plain) };
        Assert.True(new SyncSchema([Tasks]).Hash.Span.SequenceEqual(new SyncSchema([plain]).Hash.Span));
    }

    [Fact]
    public void The_comparer_of_the_fields_does_not_matter()
    {
        var reversed = Comparer<string>.Create(static (left, right) => string.CompareOrdinal(right, left));
        var other = Tasks with { Fields = Tasks.Fields.ToImmutableSortedDictionary(reversed) };
        Assert.True(new SyncSchema([Tasks]).Hash.Span.SequenceEqual(new SyncSchema([other]).Hash.Span));
    }

    public static TheoryData<string, SyncSchema> OtherRules() => new()
    {
        { "undeclared types", new SyncSchema([Tasks], acceptUndeclared: true) },
        { "a type more", new SyncSchema([Tasks, Notes]) },
        { "a type less", new SyncSchema([]) },
        { "name", new SyncSchema([Tasks with { Type = "task" }]) },
        { "policy", new SyncSchema([Tasks with { Policy = ConflictPolicy.Reject }]) },
        { "delete policy", new SyncSchema([Tasks with { OnDelete = DeletePolicy.ByTimestamp }]) },
        { "resolver", new SyncSchema([Tasks with { ResolverVersion = 1 }]) },
        { "a field more", new SyncSchema([Tasks.Counter("done")]) },
        { "kind of a field", new SyncSchema([Tasks.Set("minutes")]) },
    };

    [Theory]
    [MemberData(nameof(OtherRules))]
    public void Other_rules_have_another_hash(string part, SyncSchema other) =>
        Assert.False(new SyncSchema([Tasks]).Hash.Span.SequenceEqual(other.Hash.Span), part);

    [Fact]
    public void A_declared_type_names_its_fields()
    {
        Assert.Throws<ArgumentException>(() => new SyncSchema([EntitySchema.Undeclared("tasks")]));
        Assert.Throws<ArgumentException>(() => new SyncSchema([Tasks, Tasks.Set("other")]));
    }
}
