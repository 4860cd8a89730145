using Microsoft.Extensions.Logging;
using OrleansSync.Core;

namespace OrleansSync.Grains;

/// <summary>Every log message of the grains. Ids are stable: 2000-2999.</summary>
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
        "Purged {Tombstones} tombstones and {Operations} journal entries of {Scopes} scopes; {TombstonesLeft} tombstones are kept.")]
    public static partial void PurgePassEnded(this ILogger logger, long scopes, long tombstones, long operations, long tombstonesLeft);

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

    [LoggerMessage(2040, LogLevel.Error,
        "A device knows commit {Known} of a user whose head is {Head}: the database was set back to an earlier point. This user has a new lineage now; give all one, see --new-lineage.")]
    public static partial void StoreWentBack(this ILogger logger, long known, long head);
}
