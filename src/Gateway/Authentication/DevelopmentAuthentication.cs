using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using OrleansSync.Grains.Contracts;
using OrleansSync.Silo.Configuration;

namespace OrleansSync.Gateway.Authentication;

/// <summary>
/// Takes the caller's word: <c>Bearer dev:ada</c> is the user ada. For development on one machine, so it believes nobody
/// who calls from another.
/// </summary>
internal sealed class DevelopmentAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "OrleansSyncDevelopment";
    public const string UserClaim = AuthenticationSettings.DefaultUserClaim;
    private const string Prefix = "Bearer dev:";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var headers = Request.Headers.Authorization;
        if (headers.Count == 0) return Task.FromResult(AuthenticateResult.NoResult());
        if (Context.Connection.RemoteIpAddress is not { } address || !IPAddress.IsLoopback(address))
        {
            return Refuse("The development tokens are for callers on the server's own machine. Configure authentication.");
        }

        if (headers.Count > 1 || headers[0] is not { } header || !header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return Refuse("In Development the token is dev:<user>: send the header authorization: Bearer dev:ada.");
        }

        var user = header[Prefix.Length..];
        if (!UserId.IsValid(user)) return Refuse(UserId.Rule);
        var principal = new ClaimsPrincipal(new ClaimsIdentity([new Claim(UserClaim, user)], SchemeName));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName)));
    }

    private static Task<AuthenticateResult> Refuse(string fact) =>
        Task.FromResult(AuthenticateResult.Fail(new TokenRefusedException(fact)));
}

/// <summary>Why a token was refused, in words the caller may read.</summary>
internal sealed class TokenRefusedException(string fact) : Exception(fact);
