using OrleansSync.Core;

namespace OrleansSync.Grains.Contracts.Surrogates;

// Operations and rows cross as their canonical encodings: one form for the disk, the hash and the way between silos.

[GenerateSerializer, Immutable, Alias("orleanssync.operation")]
public readonly record struct OperationSurrogate([property: Id(0)] byte[] Encoded);

[RegisterConverter]
public sealed class OperationConverter : IConverter<Operation, OperationSurrogate>
{
    public Operation ConvertFromSurrogate(in OperationSurrogate surrogate) => OperationEncoding.Decode(surrogate.Encoded);

    public OperationSurrogate ConvertToSurrogate(in Operation value) => new(OperationEncoding.Encode(value));
}

[GenerateSerializer, Immutable, Alias("orleanssync.operation-draft")]
public readonly record struct OperationDraftSurrogate([property: Id(0)] byte[] Encoded, [property: Id(1)] long? Expected);

[RegisterConverter]
public sealed class OperationDraftConverter : IConverter<OperationDraft, OperationDraftSurrogate>
{
    public OperationDraft ConvertFromSurrogate(in OperationDraftSurrogate surrogate) =>
        new(OperationEncoding.Decode(surrogate.Encoded), surrogate.Expected);

    public OperationDraftSurrogate ConvertToSurrogate(in OperationDraft value) =>
        new(OperationEncoding.Encode(value.Operation), value.Expected);
}

[GenerateSerializer, Immutable, Alias("orleanssync.entity-row")]
public readonly record struct EntityRowSurrogate(
    [property: Id(0)] string Type,
    [property: Id(1)] string Id,
    [property: Id(2)] long Sequence,
    [property: Id(3)] byte[] Document,
    [property: Id(4)] byte[] Meta);

[RegisterConverter]
public sealed class EntityRowConverter : IConverter<EntityRow, EntityRowSurrogate>
{
    public EntityRow ConvertFromSurrogate(in EntityRowSurrogate surrogate) =>
        RowEncoding.Decode(new(surrogate.Type, surrogate.Id), surrogate.Sequence, surrogate.Document, surrogate.Meta);

    public EntityRowSurrogate ConvertToSurrogate(in EntityRow value) =>
        new(value.Key.Type, value.Key.Id, value.Sequence, RowEncoding.EncodeDocument(value), RowEncoding.EncodeMeta(value));
}
