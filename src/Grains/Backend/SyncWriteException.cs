using OrleansSync.Core;

namespace OrleansSync.Backend;

/// <summary>A write breaks a rule of its form, whatever the data it meets; nothing of it was sent. Mend the caller.</summary>
public sealed class SyncWriteException : Exception
{
    internal SyncWriteException(Fault fault)
        : base(fault.Path.Length > 0 ? $"{fault.Path}: {fault.Message}" : fault.Message) => Fault = fault;

    /// <summary>The rule, and where in the write, such as <c>operations[1].changes[0].set</c>.</summary>
    public Fault Fault { get; }
}
