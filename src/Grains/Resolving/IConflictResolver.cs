namespace OrleansSync.Conflicts;

/// <summary>
/// The app's own rule for a type: decides about each operation on it, on the server, in the order of commits. Devices show their own edit
/// until they hear what was decided.
/// </summary>
/// <remarks>
/// It must be a pure function of what it is given: called again for the same operation (after a failed commit, on another silo) it must decide
/// the same. It is called for many entities at once and holds up their commits, so it neither waits nor keeps anything. What it throws
/// refuses the operation (RESOLVER_FAILED). When its rules change, so does its version.
/// </remarks>
public interface IConflictResolver
{
    /// <summary>Decides what becomes of an operation.</summary>
    Resolution Resolve(Conflict conflict);
}
