namespace OrleansSync.Hosting;

/// <summary>The server cannot start as it is configured. The message lists every fault: key, value, remedy.</summary>
public sealed class OrleansSyncConfigurationException : Exception
{
    internal OrleansSyncConfigurationException(IReadOnlyList<string> faults)
        : base("OrleansSync cannot start as configured:"
            + string.Concat(faults.Select(static fault => $"{Environment.NewLine}  - {fault}"))) =>
        Faults = faults;

    /// <summary>One line a fault.</summary>
    public IReadOnlyList<string> Faults { get; }
}
