using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Contracts.Surrogates;

// A store's fault crosses as its message alone: what caused it is the store's own, logged there, and of types that the
// other side need not know.

[GenerateSerializer, Immutable, Alias("orleanssync.store-unavailable")]
public readonly record struct StoreUnavailableSurrogate([property: Id(0)] string Message);

[RegisterConverter]
public sealed class StoreUnavailableConverter : IConverter<StoreUnavailableException, StoreUnavailableSurrogate>
{
    public StoreUnavailableException ConvertFromSurrogate(in StoreUnavailableSurrogate surrogate) => new(surrogate.Message);

    public StoreUnavailableSurrogate ConvertToSurrogate(in StoreUnavailableException value) => new(value.Message);
}

[GenerateSerializer, Immutable, Alias("orleanssync.store-outcome-unknown")]
public readonly record struct StoreOutcomeUnknownSurrogate([property: Id(0)] string Message);

[RegisterConverter]
public sealed class StoreOutcomeUnknownConverter : IConverter<StoreOutcomeUnknownException, StoreOutcomeUnknownSurrogate>
{
    public StoreOutcomeUnknownException ConvertFromSurrogate(in StoreOutcomeUnknownSurrogate surrogate) => new(surrogate.Message);

    public StoreOutcomeUnknownSurrogate ConvertToSurrogate(in StoreOutcomeUnknownException value) => new(value.Message);
}
