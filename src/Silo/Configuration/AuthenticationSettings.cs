namespace OrleansSync.Silo.Configuration;

/// <summary>
/// How a gateway knows its callers. With an authority: by its bearer tokens. With a claim only: by the scheme that the host
/// has registered. With neither: by the word of callers on the same machine, in Development.
/// </summary>
internal sealed record AuthenticationSettings(string? Authority, string? Audience, string? UserClaim)
{
    public const string DefaultUserClaim = "sub";

    public static AuthenticationSettings None { get; } = new(null, null, null);

    public bool IsDevelopment => Authority is null && Audience is null && UserClaim is null;

    public bool IsJwt => Authority is not null;
}
