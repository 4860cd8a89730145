using CsCheck;
using Google.Protobuf;
using OrleansSync.Core;
using OrleansSync.Generators;
using OrleansSync.Protocol;
using V1 = OrleansSync.Protocol.V1;

namespace OrleansSync.Core.Tests.Protocol;

public sealed class SchemaMappingTests
{
    private static readonly Gen<EntitySchema> Entity =
        from policy in Gen.Enum<ConflictPolicy>()
        from onDelete in Gen.Enum<DeletePolicy>()
        from version in Gen.Int[0, 500]
        from fields in Gen.Select(ValueGen.Name, Gen.Enum<FieldKind>()).Array[0, 5]
        select fields.Aggregate(
            new EntitySchema("") { Policy = policy, OnDelete = onDelete, ResolverVersion = version },
            static (schema, field) => schema with { Fields = schema.Fields.SetItem(field.Item1, field.Item2) });

    private static readonly Gen<SyncSchema> Schema = Gen.Select(
        Gen.Select(ValueGen.Name, Entity).Array[0, 4],
        Gen.Bool,
        static (types, accept) => new SyncSchema(
            types.DistinctBy(static type => type.Item1).Select(static type => type.Item2 with { Type = type.Item1 }), accept));

    [Fact]
    public void A_schema_that_travels_has_the_same_hash() => Schema.Sample(static schema =>
    {
        var read = SchemaMapping.Read(V1.Schema.Parser.ParseFrom(SchemaMapping.ToWire(schema).ToByteArray()));
        Assert.Equal(Convert.ToHexString(SchemaEncoding.Encode(schema)), Convert.ToHexString(SchemaEncoding.Encode(read)));
        Assert.True(schema.Hash.Span.SequenceEqual(read.Hash.Span));
    });

    public static TheoryData<string, Action<V1.Schema>> BadSchemas() => new()
    {
        { "schema.types[0].type", static wire => wire.Types_[0].Type = "" },
        { "schema.types[1].type", static wire => wire.Types_.Add(wire.Types_[0].Clone()) },
        { "schema.types[0].policy", static wire => wire.Types_[0].Policy = V1.ConflictPolicy.Unspecified },
        { "schema.types[0].policy", static wire => wire.Types_[0].Policy = (V1.ConflictPolicy)6 },
        { "schema.types[0].on_delete", static wire => wire.Types_[0].OnDelete = V1.DeletePolicy.Unspecified },
        { "schema.types[0].fields[0].name", static wire => wire.Types_[0].Fields[0].Name = "1" },
        { "schema.types[0].fields[0].kind", static wire => wire.Types_[0].Fields[0].Kind = V1.FieldKind.Unspecified },
        { "schema.types[0].fields[1].name", static wire => wire.Types_[0].Fields.Add(wire.Types_[0].Fields[0].Clone()) },
    };

    [Theory]
    [MemberData(nameof(BadSchemas))]
    public void A_malformed_schema_is_refused_and_its_field_named(string place, Action<V1.Schema> damage)
    {
        var wire = SchemaMapping.ToWire(new SyncSchema([new EntitySchema("tasks").Counter("minutes")]));
        damage(wire);
        Assert.StartsWith(place, Assert.Throws<InvalidDataException>(() => SchemaMapping.Read(wire)).Message, StringComparison.Ordinal);
    }
}
