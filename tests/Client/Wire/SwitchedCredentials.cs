namespace OrleansSync.Client.Tests.Wire;

/// <summary>Credentials whose answers a test sets, and which note what they were asked.</summary>
internal sealed class SwitchedCredentials(string? token) : ISyncCredentials
{
    public string? Token { get; set; } = token;

    /// <summary>What is answered after a refusal; <c>null</c>: nothing new.</summary>
    public string? Renewed { get; set; }

    public List<string?> Refusals { get; } = [];

    public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken)
    {
        if (refused is null) return new(Token);
        lock (Refusals) Refusals.Add(refused);
        return new(Renewed);
    }
}
