using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking;

/// <summary>What a violation is counted as.</summary>
internal enum ViolationKind
{
    /// <summary>A write, or the word on it, is gone.</summary>
    Lost,

    /// <summary>An operation took effect or was answered in two ways.</summary>
    Doubled,

    /// <summary>Two that must hold the same hold something else.</summary>
    Diverged,

    /// <summary>A transaction was seen by half.</summary>
    Torn,
}

/// <summary>Something that must never be.</summary>
/// <param name="Kind">What it is counted as.</param>
/// <param name="Text">The facts, for a person.</param>
/// <param name="Operation">The operation it is about, where it is about one.</param>
/// <param name="Entity">The entity it is about.</param>
internal sealed record Violation(ViolationKind Kind, string Text, Guid? Operation = null, EntityKey? Entity = null);

/// <summary>Looks for violations of one law in what is known of one user.</summary>
internal interface ICheck
{
    IEnumerable<Violation> Run(UserRecord user);
}
