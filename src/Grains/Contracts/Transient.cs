using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Contracts;

/// <summary>Faults that pass by themselves: a silo or the store that does not answer now.</summary>
public static class Transient
{
    public static bool Is(Exception exception) =>
        exception is TimeoutException or OrleansException or StoreUnavailableException or StoreOutcomeUnknownException;
}
