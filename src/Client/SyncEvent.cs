using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>Something that an app may want to tell its user. See <see cref="SyncStore.EventsAsync"/>.</summary>
public abstract record SyncEvent
{
    private SyncEvent()
    {
    }

    /// <summary>An operation met a change of another device.</summary>
    /// <param name="Operation">Its id, the one in the write's receipt.</param>
    /// <param name="Type">The entity's type.</param>
    /// <param name="EntityId">The entity's id.</param>
    /// <param name="Outcome">Merged: both stand. Superseded: the other one stands. Parked: it waits in the conflict inbox.</param>
    public sealed record Conflict(OperationId Operation, string Type, string EntityId, OutcomeKind Outcome) : SyncEvent;

    /// <summary>An operation ended refused; see <see cref="SyncStore.DeadLetters"/>.</summary>
    /// <param name="Operation">Its id, the one in the write's receipt.</param>
    /// <param name="Type">The entity's type.</param>
    /// <param name="EntityId">The entity's id.</param>
    /// <param name="Code">The server's code for the refusal or the last failure.</param>
    /// <param name="Message">What the server said, for a person; <c>null</c> where it said nothing.</param>
    public sealed record DeadLettered(OperationId Operation, string Type, string EntityId, string Code, string? Message) : SyncEvent;

    /// <summary>
    /// The server cannot continue this device's cursor: everything is pulled again. The rows stay visible meanwhile, the operations in any
    /// case.
    /// </summary>
    public sealed record ResyncStarted : SyncEvent;

    /// <summary>The pull of everything is done: the rows are the server's again.</summary>
    public sealed record Resynced : SyncEvent;

    /// <summary>
    /// The rows of these types are not the server's: one of them was changed by something else than the library, or one of both has a fault.
    /// They are compared and mended by themselves, see <see cref="SyncStore.ReconcileAsync"/>.
    /// </summary>
    /// <param name="Types">In the order of their names.</param>
    public sealed record DriftFound(IReadOnlyList<string> Types) : SyncEvent;

    /// <summary>Rows were not the server's, and are again.</summary>
    /// <param name="Report">What was done.</param>
    public sealed record Reconciled(ReconcileReport Report) : SyncEvent;

    /// <summary>The server does not serve this version of the library: update the app. Reads and writes go on.</summary>
    /// <param name="Message">Which versions it serves.</param>
    public sealed record UpgradeRequired(string Message) : SyncEvent;

    /// <summary>
    /// The credentials have no token that the server takes. Nothing is lost; syncing goes on when they have one, and at once after
    /// <see cref="SyncStore.Resume"/>.
    /// </summary>
    /// <param name="Message">Why, with the remedy.</param>
    public sealed record SignedOut(string Message) : SyncEvent;

    /// <summary>The server refuses this device or this database until somebody does something about it.</summary>
    /// <param name="Code">Such as OS1008, a device that was revoked.</param>
    /// <param name="Message">Why, with the remedy.</param>
    public sealed record Refused(string Code, string Message) : SyncEvent;

    /// <summary>
    /// This database is a copy of another one, such as a restored backup, and has become a device of its own. See docs/accounts.md.
    /// </summary>
    /// <param name="DeadLetters">Operations of which nobody knows whether the other copy has sent them: the user decides.</param>
    public sealed record Copied(int DeadLetters) : SyncEvent;

    /// <summary>
    /// The server was restored to an earlier point, and this device has done what it can: what it has written since and still has was sent again, and
    /// everything was pulled. What follows is what it had before that is not on the server now. Another device may still bring it.
    /// </summary>
    /// <param name="Resent">Operations that the server had recorded and that were sent again. Those that it still had counted once.</param>
    /// <param name="Rejected">Of them, those that it refused this time: they are dead letters.</param>
    /// <param name="Missing">Entities that are gone, or older than this device had them. Counters and sets have no timestamps: one that is lower, or lacks an element, counts.</param>
    /// <param name="Entities">The first 100 of them, by type and id.</param>
    /// <param name="HasForgotten">
    /// This device has written something that the server lost and that is not kept any more (<see cref="SyncStoreOptions.KeptOperations"/>).
    /// </param>
    public sealed record Recovered(int Resent, int Rejected, int Missing, IReadOnlyList<MissingEntity> Entities, bool HasForgotten) : SyncEvent;

    /// <summary>More came than was read.</summary>
    /// <param name="Count">So many events before the next one were left out, the oldest ones.</param>
    public sealed record Missed(long Count) : SyncEvent;
}
