using OrleansSync.Core;

namespace OrleansSync.Grains.Contracts.Surrogates;

// Core does not know Orleans, so its types cross a process as these surrogates.

[GenerateSerializer, Immutable, Alias("orleanssync.operation-id")]
public readonly record struct OperationIdSurrogate([property: Id(0)] Guid Value);

[RegisterConverter]
public sealed class OperationIdConverter : IConverter<OperationId, OperationIdSurrogate>
{
    public OperationId ConvertFromSurrogate(in OperationIdSurrogate surrogate) => new(surrogate.Value);

    public OperationIdSurrogate ConvertToSurrogate(in OperationId value) => new(value.Value);
}

[GenerateSerializer, Immutable, Alias("orleanssync.device-id")]
public readonly record struct DeviceIdSurrogate([property: Id(0)] Guid Value);

[RegisterConverter]
public sealed class DeviceIdConverter : IConverter<DeviceId, DeviceIdSurrogate>
{
    public DeviceId ConvertFromSurrogate(in DeviceIdSurrogate surrogate) => new(surrogate.Value);

    public DeviceIdSurrogate ConvertToSurrogate(in DeviceId value) => new(value.Value);
}

[GenerateSerializer, Immutable, Alias("orleanssync.transaction-id")]
public readonly record struct TransactionIdSurrogate([property: Id(0)] Guid Value);

[RegisterConverter]
public sealed class TransactionIdConverter : IConverter<TransactionId, TransactionIdSurrogate>
{
    public TransactionId ConvertFromSurrogate(in TransactionIdSurrogate surrogate) => new(surrogate.Value);

    public TransactionIdSurrogate ConvertToSurrogate(in TransactionId value) => new(value.Value);
}

[GenerateSerializer, Immutable, Alias("orleanssync.scope-id")]
public readonly record struct ScopeIdSurrogate([property: Id(0)] string Value);

[RegisterConverter]
public sealed class ScopeIdConverter : IConverter<ScopeId, ScopeIdSurrogate>
{
    public ScopeId ConvertFromSurrogate(in ScopeIdSurrogate surrogate) => new(surrogate.Value);

    public ScopeIdSurrogate ConvertToSurrogate(in ScopeId value) => new(value.Value);
}

[GenerateSerializer, Immutable, Alias("orleanssync.entity-key")]
public readonly record struct EntityKeySurrogate([property: Id(0)] string Type, [property: Id(1)] string Id);

[RegisterConverter]
public sealed class EntityKeyConverter : IConverter<EntityKey, EntityKeySurrogate>
{
    public EntityKey ConvertFromSurrogate(in EntityKeySurrogate surrogate) => new(surrogate.Type, surrogate.Id);

    public EntityKeySurrogate ConvertToSurrogate(in EntityKey value) => new(value.Type, value.Id);
}
