using System.Security.Claims;
using OrleansSync.Core;

namespace OrleansSync.Gateway.Authentication;

/// <summary>Who calls: taken from the credentials, never from a message.</summary>
internal readonly record struct Caller(string User)
{
    public const int MaxUserLength = 128;
    public const string UserRule = "The user's id must have 1 to 128 characters, none of them a control character.";

    public ScopeId Scope => ScopeId.ForUser(User);

    /// <summary>Grain keys and database columns hold it, so it must be well-formed text without control characters.</summary>
    public static bool IsUser(string user)
    {
        if (user.Length is 0 or > MaxUserLength) return false;
        for (var i = 0; i < user.Length; i++)
        {
            if (char.IsControl(user[i])) return false;
            if (!char.IsSurrogate(user[i])) continue;
            if (i + 1 == user.Length || !char.IsSurrogatePair(user[i], user[i + 1])) return false;
            i++;
        }

        return true;
    }

    /// <summary>The user of the one claim of that type; <c>null</c>: there is none, several, or no proper id in it.</summary>
    public static Caller? From(ClaimsPrincipal principal, string claimType)
    {
        var claims = principal.FindAll(claimType).Take(2).ToArray();
        return claims is [{ Value: var user }] && IsUser(user) ? new Caller(user) : null;
    }
}
