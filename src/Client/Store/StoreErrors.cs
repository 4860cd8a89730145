using OrleansSync.Client.Sync;
using OrleansSync.Client.Transport;
using OrleansSync.Core;
using OrleansSync.Sqlite;

namespace OrleansSync.Client.Store;

/// <summary>Every error of the local database and of local writes: code, fact, remedy. OS20xx: the file; OS30xx: a write.</summary>
internal static class StoreErrors
{
    private const int SqliteCorrupt = 11;
    private const int SqliteFull = 13;
    private const int SqliteNotADatabase = 26;

    public static SyncException Options(IReadOnlyList<string> faults) => new(
        "OS2000", "The options of the store are not valid: " + string.Join(" ", faults));

    public static SyncException CannotOpen(string path, Exception cause) => new(
        "OS2001",
        $"Cannot open the local database {path}: {cause.Message} Check that the folder exists and that the app may write to it.",
        innerException: cause);

    public static SyncException NotADatabase(string path, Exception? cause = null) => new(
        "OS2002",
        $"{path} is damaged or not a database of this library. Nothing was changed. Restore it from a copy, or move the file away: "
        + "a new one fills itself from the server; what had not been sent is only in the old file.",
        innerException: cause);

    public static SyncException NewerVersion(string path, long found, long known) => new(
        "OS2003",
        $"{path} was written by a newer version of this library (format {found}, this version knows {known}). Nothing was changed. "
        + "Update the app.");

    public static SyncException InUse(string path, Exception cause) => new(
        "OS2004",
        $"{path} is open in another store, in this process or another one. A local database belongs to one store at a time: close "
        + "the other one, or use a file of its own.",
        isTransient: true,
        innerException: cause);

    public static SyncException DiskFull(string path, Exception cause) => new(
        "OS2005",
        $"The disk is full: {path} cannot grow. The write was not made; what was there is safe. Free some space and write again.",
        isTransient: true,
        innerException: cause);

    public static SyncException Failed(string path, Exception cause) => new(
        "OS2006", $"The local database {path} failed: {cause.Message} The write was not made.", isTransient: true, innerException: cause);

    public static SyncException Invalid(EntityKey key, string fault) => new("OS3000", $"{key} was not written: {fault}");

    public static SyncException Invalid(Operation operation, Fault fault)
    {
        // The path is that of the wire; the app knows its fields by name.
        for (var i = 0; i < operation.Changes.Length; i++)
        {
            if (fault.Path == $"changes[{i}]" || fault.Path.StartsWith($"changes[{i}].", StringComparison.Ordinal))
                return Invalid(operation.Entity, $"'{operation.Changes[i].Field}': {fault.Message}");
        }

        return Invalid(operation.Entity, $"{fault.Path}: {fault.Message}");
    }

    public static SyncException NotFound(EntityKey key) => new(
        "OS3001", $"{key} is not in the local database, or was deleted. Create it with PutAsync.");

    public static SyncException UnknownType(string type) => new(
        "OS3002", $"The schema does not declare the type '{type}' and the server refuses undeclared types. Declare it on the server.");

    public static SyncException WrongKind(EntityKey key, string field, string fact, string remedy) => new(
        "OS3003", $"{key} was not written: '{field}' {fact}. {remedy}");

    public static SyncException WrongChange(EntityKey key, string field, FieldKind kind, bool declared) => WrongKind(
        key,
        field,
        $"is a {kind.ToString().ToLowerInvariant()} field",
        "Use Increment for counters, Add and RemoveElement for sets, Set and Remove for plain fields."
            + (declared ? "" : " No schema declares it: before the first sync, give the server's schema in SyncStoreOptions.Schema."));

    public static SyncException Refused(EntityKey key, RejectionReason reason) => new("OS3004", $"{key} was not written: " + reason switch
    {
        RejectionReason.DocumentTooLarge => "the document would pass its limits (256 KiB, 256 fields). Split the entity.",
        _ => $"the rules of its type refuse it ({reason}).",
    });

    public static SyncException TransactionTooLarge(string fact) => new(
        "OS3005", $"The transaction was not written: {fact}. Split it into several.");

    public static SyncException NoId(string type, string fact) => new(
        "OS3006", $"An item of '{type}' has no usable id: {fact}. The item's JSON needs a property \"id\" that is a text of 1 to 512 bytes.");

    public static SyncException Unreadable(EntityKey key, Type model, Exception cause) => new(
        "OS3007",
        $"{key} cannot be read as {model.Name}: {cause.Message} Let the model accept it, or read it through the untyped collection.",
        innerException: cause);

    public static SyncException NestedWrite() => new(
        "OS3008", "A write of the store was called inside a transaction or an update function. Use the transaction's own methods there.");

    public static SyncException LineageChanged() => new(
        "OS2007", "The page is of another history of the server than the local cursor. The pull has to start again.", isTransient: true)
    {
        Fault = new GatewayFault { Kind = SessionFaultKind.Retry, OtherLineage = true },
    };

    public static SyncException CannotDelete(string path, Exception cause) => new(
        "OS2010", $"The user is signed out, but {path} could not be removed: {cause.Message} Remove it before somebody else uses this device.", innerException: cause);

    public static SyncException Unsynced(long operations) => new(
        "OS3013",
        $"{operations} operations are pending, dead letters, or wait for a decision: the server does not have them. Nothing was changed. Sync and look at "
        + "DeadLetters first, or sign out with UnsyncedData.Keep or UnsyncedData.Discard.");

    public static SyncException BehindFill(long cursor, long filled) => new(
        "OS2009", $"The pull is complete at commit {cursor}, before commit {filled} that was read already. It is tried again by itself.", isTransient: true)
    {
        Fault = new GatewayFault { Kind = SessionFaultKind.Retry },
    };

    public static SyncException NoGateway() => new(
        "OS1000", "This store has no gateway, so there is nothing to sync with. Set SyncStoreOptions.Gateway and Credentials.");

    public static SyncException LetterGone(OperationId operation) => new(
        "OS3009", $"Operation {operation} is no longer among the dead letters: it was retried or discarded.");

    public static SyncException ConflictMoved(OperationId conflict) => new(
        "OS3014", $"Conflict {conflict} is not as it was read: it was settled, has grown, or its entity has changed. Nothing was changed. List the conflicts again.");

    public static SyncException NothingToEdit(OperationId operation) => new(
        "OS3010", $"Operation {operation} deletes an entity and has no changes to edit. Retry it as it is, or discard it.");

    public static SyncException NoIndex(LocalIndex needed) => new(
        "OS3011",
        $"No index serves this query: it would read every row of {needed.Type}. Add new LocalIndex(\"{needed.Type}\", "
        + $"{string.Join(", ", needed.Fields.Select(static field => $"\"{field}\""))}) to SyncStoreOptions.Indexes.");

    public static SyncException Subscription(string type, string fact) => new(
        "OS3012", $"The subscription of '{type}' was not changed: {fact}.");

    public static SyncException WasSynced(string type) => new(
        "OS2008",
        $"SyncStoreOptions.LocalTypes names '{type}', but this database has rows or operations of it that are synced. Nothing was changed. "
        + "Give what stays on this device a type of its own.");

    public static SyncException QueryTwoRanges(string type, string first, string second) => new(
        "OS3011",
        $"A query of {type} limits both {first} and {second} to a range: an index serves one. Leave one to Filter, which reads what the other leaves.");

    public static SyncException QueryOrder(string type, string ranged, string order) => new(
        "OS3011",
        $"A query of {type} limits {ranged} to a range and orders by {order}: an index serves both for one field only. Order by {ranged}, and sort the result.");

    public static SyncException NoField(string type, string field) => new(
        "OS3000", $"A query of {type} names the field '{field}'. A field is a letter or underscore, then letters, digits, underscores; at most 64.");

    /// <summary>What a failure of SQLite at opening means to the app.</summary>
    public static SyncException FromOpening(string path, SqliteError cause) => cause.Code switch
    {
        SqliteFull => DiskFull(path, cause),
        SqliteCorrupt or SqliteNotADatabase => NotADatabase(path, cause),
        _ => CannotOpen(path, cause),
    };

    /// <summary>What a failure of SQLite means to the app.</summary>
    public static SyncException FromSqlite(string path, SqliteError cause) => cause.Code switch
    {
        SqliteFull => DiskFull(path, cause),
        SqliteCorrupt or SqliteNotADatabase => NotADatabase(path, cause),
        _ => Failed(path, cause),
    };
}
