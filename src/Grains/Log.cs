using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains;

/// <summary>Every log message of the grains. Ids are stable: 2000-2999; the life of operations is 2050-2069. Values are in none.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Information, "Claimed the scope: epoch {Epoch}, head {Head}.")]
    public static partial void Claimed(this ILogger logger, long epoch, long head);

    [LoggerMessage(2001, LogLevel.Information, "A commit under epoch {Epoch} on head {Head} was refused; claiming anew.")]
    public static partial void CommitRefused(this ILogger logger, long epoch, long head);

    [LoggerMessage(2002, LogLevel.Warning, "The end of commit {Sequence} was not seen; a claim will tell.")]
    public static partial void CommitUnknown(this ILogger logger, Exception exception, long sequence);

    [LoggerMessage(2003, LogLevel.Warning, "The store does not answer.")]
    public static partial void StoreUnavailable(this ILogger logger, Exception exception);

    [LoggerMessage(2004, LogLevel.Warning, "An entity of type {Type} did not merge.")]
    public static partial void MergeFailed(this ILogger logger, Exception exception, string type);

    [LoggerMessage(2005, LogLevel.Warning, "Gave up on {Units} units for now; {Entities} entities did not answer.")]
    public static partial void GaveUp(this ILogger logger, int units, int entities);

    [LoggerMessage(2006, LogLevel.Error, "The store cannot hold {Operations} operations, the first on type {Type}.")]
    public static partial void Unstorable(this ILogger logger, string type, int operations);

    [LoggerMessage(2007, LogLevel.Error, "A round failed unexpectedly.")]
    public static partial void LoopFailed(this ILogger logger, Exception exception);

    [LoggerMessage(2008, LogLevel.Warning, "A device's profile was not kept.")]
    public static partial void ProfileNotKept(this ILogger logger, Exception exception);

    [LoggerMessage(2009, LogLevel.Information,
        "Purged {Tombstones} tombstones, {Operations} journal entries and {DeadLetters} dead letters of {Scopes} scopes; {TombstonesLeft} tombstones are kept. "
        + "{Conflicts} operations have waited too long in conflict inboxes.")]
    public static partial void PurgePassEnded(
        this ILogger logger, long scopes, long tombstones, long operations, long deadLetters, long tombstonesLeft, long conflicts);

    [LoggerMessage(2010, LogLevel.Warning, "A purge ended early; the next one begins anew.")]
    public static partial void PurgePassFailed(this ILogger logger, Exception exception);

    [LoggerMessage(2011, LogLevel.Warning, "The purge is not scheduled yet.")]
    public static partial void PurgeNotScheduled(this ILogger logger, Exception exception);

    [LoggerMessage(2012, LogLevel.Error, "The resolver of type {Type} failed on operation {Operation}, which is refused.")]
    public static partial void ResolverFailed(this ILogger logger, Exception exception, string type, OperationId operation);

    [LoggerMessage(2013, LogLevel.Warning, "The lease of a feed's reader could not be renewed; it is tried again in {Period}.")]
    public static partial void FeedLeaseNotRenewed(this ILogger logger, Exception exception, TimeSpan period);

    [LoggerMessage(2014, LogLevel.Debug, "The lease of a feed's reader could not be given back; it ends by itself.")]
    public static partial void FeedLeaseNotGivenBack(this ILogger logger, Exception exception);

    [LoggerMessage(2015, LogLevel.Warning, "Operation {Operation} of device {Device} on type {Type} has waited too long in the conflict inbox: what stands, stays, and it is a dead letter now.")]
    public static partial void ConflictExpired(this ILogger logger, OperationId operation, string type, DeviceId device);

    [LoggerMessage(2040, LogLevel.Error,
        "A device knows commit {Known} of a user whose head is {Head}: the database was set back to an earlier point. This user has a new lineage now; give all one, see --new-lineage.")]
    public static partial void StoreWentBack(this ILogger logger, long known, long head);

    [LoggerMessage(2050, LogLevel.Debug, "Operation {Operation} was here before; it is answered {Outcome} at commit {Sequence}, as then.")]
    public static partial void OperationDeduplicated(this ILogger logger, OperationId operation, OutcomeKind outcome, long sequence);

    [LoggerMessage(2051, LogLevel.Debug, "Operation {Operation} is committed: {Outcome} at commit {Sequence}.")]
    private static partial void OperationCommitted(this ILogger logger, OperationId operation, OutcomeKind outcome, long sequence);

    [LoggerMessage(2052, LogLevel.Information, "Operation {Operation} was rejected at commit {Sequence}: {Reason}.")]
    private static partial void OperationRejected(this ILogger logger, OperationId operation, long sequence, RejectionReason reason);

    [LoggerMessage(2053, LogLevel.Information, "Operation {Operation} was rejected and is on no record: {Reason}.")]
    private static partial void OperationTurnedAway(this ILogger logger, OperationId operation, RejectionReason reason);

    [LoggerMessage(2054, LogLevel.Debug, "Commit {Sequence} is told to {Watchers} watching gateways and readers; whole: {Whole}.")]
    public static partial void CommitTold(this ILogger logger, long sequence, int watchers, bool whole);

    [LoggerMessage(2055, LogLevel.Information, "Dead letter {Letter} was replayed as operation {Operation}: {Outcome} {Reason}.")]
    public static partial void DeadLetterReplayed(
        this ILogger logger, OperationId letter, OperationId operation, OutcomeKind outcome, RejectionReason reason);

    [LoggerMessage(2056, LogLevel.Information, "Dead letter {Letter} was discarded.")]
    public static partial void DeadLetterDiscarded(this ILogger logger, OperationId letter);

    /// <summary>What a commit recorded, an event an operation; where only rejections are told, there is nothing to build for the others.</summary>
    public static void Recorded(this ILogger logger, ImmutableArray<JournalEntry> entries)
    {
        var each = logger.IsEnabled(LogLevel.Debug);
        foreach (var entry in entries)
        {
            if (entry.Outcome == OutcomeKind.Rejected) logger.OperationRejected(entry.Operation, entry.Sequence, entry.Reason);
            else if (each) logger.OperationCommitted(entry.Operation, entry.Outcome, entry.Sequence);
        }
    }

    /// <summary>An outcome from elsewhere than a commit of now: the journal's, or a refusal that no journal holds.</summary>
    public static void Known(this ILogger logger, Outcome outcome)
    {
        if (outcome.Sequence > 0) logger.OperationDeduplicated(outcome.Operation, outcome.Kind, outcome.Sequence);
        else logger.OperationTurnedAway(outcome.Operation, outcome.Reason);
    }
}
