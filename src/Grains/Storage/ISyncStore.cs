using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>
/// Where scopes live: rows, journal, devices, digests, dead letters. Every store passes one conformance suite (tests/Storage).
/// All methods are safe to call concurrently. A scope comes into being with its first claim or device.
/// </summary>
/// <exception cref="StoreUnavailableException">
/// Any method: the store could not be asked. A commit has then changed nothing. The other writes (claim, registration,
/// session, revocation, mending) may have happened where the failure came at the very end: ask again before relying on either.
/// </exception>
/// <exception cref="ArgumentException">A claim or registration: the scope's name has no storable text.</exception>
/// <exception cref="OperationCanceledException">
/// Any method; a write only as long as the store has not begun with it, so that a cancelled write never happens.
/// </exception>
public interface ISyncStore
{
    /// <summary>
    /// Raises the scope's epoch and returns where it stands. When it returns, every commit of an earlier epoch has either
    /// been committed and is in the answer, or never will be.
    /// </summary>
    Task<ScopeClaim> ClaimAsync(ScopeId scope, CancellationToken cancellationToken);

    /// <summary>
    /// Commits one round, whole or not at all, durably. Rounds of other scopes may share the transaction; none of them
    /// can make this one fail.
    /// </summary>
    /// <exception cref="StoreOutcomeUnknownException">It may have been committed: claim, and compare the commit id.</exception>
    Task<CommitResult> CommitAsync(ScopeCommit commit, CancellationToken cancellationToken);

    /// <summary>The committed rows of these entities, in no order; absent ones are left out.</summary>
    Task<IReadOnlyList<EntityRow>> LoadAsync(ScopeId scope, IReadOnlyCollection<EntityKey> keys, CancellationToken cancellationToken);

    /// <summary>The live rows of a type, in the order of their ids' bytes, at most so many: for types with few.</summary>
    Task<IReadOnlyList<EntityRow>> ListAsync(ScopeId scope, string type, int limit, CancellationToken cancellationToken);

    /// <summary>The journal's entries for these operations, in no order; unknown ones are left out.</summary>
    Task<IReadOnlyList<JournalEntry>> FindOperationsAsync(
        ScopeId scope, IReadOnlyCollection<OperationId> operations, CancellationToken cancellationToken);

    /// <summary>The journal's entry for an operation, with its time; <c>null</c>: it has none.</summary>
    Task<JournalRecord?> FindRecordAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken);

    /// <summary>One page of changes, read with the head in one snapshot; <c>null</c>: the scope does not exist.</summary>
    Task<ChangePage?> ReadChangesAsync(ChangeQuery query, CancellationToken cancellationToken);

    /// <summary>Where the scope stands, without claiming it; <c>null</c>: it does not exist.</summary>
    Task<ScopeState?> ReadScopeAsync(ScopeId scope, CancellationToken cancellationToken);

    /// <summary>All devices of the scope, by number.</summary>
    Task<IReadOnlyList<DeviceRecord>> ListDevicesAsync(ScopeId scope, CancellationToken cancellationToken);

    /// <summary>Adds a device (and the scope) under the next number, or returns the one that is there, unchanged.</summary>
    Task<DeviceRecord> RegisterDeviceAsync(
        ScopeId scope, DeviceId device, DeviceSession session, long registeredAt, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces a device's session if it is still the expected one, and raises its done-below (which never goes down);
    /// false: it is another one, the device is revoked, or there is no such device.
    /// </summary>
    Task<bool> UpdateSessionAsync(
        ScopeId scope, DeviceId device, DeviceSession expected, DeviceSession next, long doneBelow, CancellationToken cancellationToken);

    /// <summary>Marks a device revoked and raises the epoch, in one transaction; false: there is no such device.</summary>
    Task<bool> RevokeDeviceAsync(ScopeId scope, DeviceId device, CancellationToken cancellationToken);

    /// <summary>Scopes in the order of their names' bytes, after one (<c>null</c>: from the first).</summary>
    Task<IReadOnlyList<ScopeId>> ListScopesAsync(ScopeId? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Removes what need not be kept: the oldest first, a bounded number. Where something goes, the horizon rises to the highest sequence of
    /// a tombstone among it and the epoch by one, in the same transaction, so that no round that was merged with it commits.
    /// </summary>
    Task<PurgeResult> PurgeAsync(PurgeRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the totals of a type by those that its rows have at this head, and raises the epoch, so that the owner reads them before its
    /// next commit; in one transaction. False: the head is another one by now, or there is no such scope.
    /// </summary>
    Task<bool> MendDigestAsync(ScopeId scope, long head, TypeDigest digest, CancellationToken cancellationToken);

    /// <summary>Dead letters, latest first; fewer than were asked for: there are no more.</summary>
    Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken);

    /// <summary>The dead letter of an operation; <c>null</c>: there is none.</summary>
    Task<DeadLetter?> FindDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken);

    /// <summary>Removes a dead letter; false: there is none. What the journal says of the operation stays.</summary>
    Task<bool> RemoveDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken);

    /// <summary>
    /// The store was set back to an earlier point. Each of these scopes gets a new lineage, a head that is at least <paramref name="through"/> and
    /// above its own, the gap between both as what is lost (one that soon follows another grows, see <see cref="Lineages.Together"/>), an epoch far above any that an owner
    /// from before can hold, and devices whose tokens are not known; each in one transaction, whatever becomes of the others.
    /// </summary>
    /// <returns>How many of them exist.</returns>
    Task<int> BeginLineagesAsync(IReadOnlyCollection<ScopeId> scopes, long through, CancellationToken cancellationToken);

    /// <summary>Scopes that come into being from now on begin with that head, and all below it as lost: they may be of devices from before.</summary>
    Task MarkRestoredAsync(long through, CancellationToken cancellationToken);
}
