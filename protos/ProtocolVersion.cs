using System.Collections.Immutable;

namespace OrleansSync.Protocol;

/// <summary>The version of the contract in <c>orleanssync/v1</c>, which every handshake states.</summary>
public static class ProtocolVersion
{
    /// <summary>What this library speaks. Raise it with every change of the contract that an older peer would misread.</summary>
    public const int Current = 1;

    /// <summary>What a gateway of this version serves.</summary>
    public static ImmutableArray<int> Supported { get; } = [Current];
}
