using System.Security.Claims;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Authentication;

/// <summary>Who calls: taken from the credentials, never from a message.</summary>
internal sealed record Caller(string User, bool IsOperator = false)
{
    public ScopeId Scope => ScopeId.ForUser(User);

    /// <summary>The user of the one claim of that type; <c>null</c>: there is none, several, or no proper id in it.</summary>
    public static Caller? From(ClaimsPrincipal principal, string claimType)
    {
        var claims = principal.FindAll(claimType).Take(2).ToArray();
        return claims is [{ Value: var user }] && UserId.IsValid(user) ? new Caller(user) : null;
    }
}
