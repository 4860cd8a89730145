namespace OrleansSync.Client;

/// <summary>What a sign-out does with what the server has not taken.</summary>
public enum UnsyncedData
{
    /// <summary>Where there is any, the sign-out fails and changes nothing.</summary>
    Fail,

    /// <summary>Syncs first; where something is left then, the sign-out fails and changes nothing.</summary>
    Push,

    /// <summary>The file stays as it is, for the next sign-in of the same user.</summary>
    Keep,

    /// <summary>It is lost.</summary>
    Discard,
}
