namespace OrleansSync.Grains.Contracts;

/// <summary>
/// The form of a user's id: grain keys and database columns hold it, so it is well-formed text without control characters.
/// </summary>
public static class UserId
{
    public const int MaxLength = 128;
    public const string Rule = "The user's id must have 1 to 128 characters, none of them a control character.";

    public static bool IsValid(string user)
    {
        if (user.Length is 0 or > MaxLength) return false;
        for (var i = 0; i < user.Length; i++)
        {
            if (char.IsControl(user[i])) return false;
            if (!char.IsSurrogate(user[i])) continue;
            if (i + 1 == user.Length || !char.IsSurrogatePair(user[i], user[i + 1])) return false;
            i++;
        }

        return true;
    }

    /// <exception cref="ArgumentException">It is no user's id.</exception>
    public static void Require(string user, string parameter)
    {
        ArgumentNullException.ThrowIfNull(user, parameter);
        if (!IsValid(user)) throw new ArgumentException(Rule, parameter);
    }
}
