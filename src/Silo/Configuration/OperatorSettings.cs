namespace OrleansSync.Silo.Configuration;

/// <summary>Whose calls the admin service takes: those whose credentials have this claim with this value.</summary>
internal sealed record OperatorSettings(string? Claim, string? Value)
{
    public static OperatorSettings None { get; } = new(null, null);

    /// <summary>The service answers operators; otherwise nobody.</summary>
    public bool IsOn => Claim is not null && Value is not null;
}
