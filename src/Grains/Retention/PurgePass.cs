using Microsoft.Extensions.Logging;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Retention;

/// <summary>
/// Goes through all scopes and removes what is older than it is kept, in small commits: each fences the scope's owner, which claims anew
/// and goes on. A pass that ends early has lost nothing; the next one begins anew.
/// </summary>
public sealed class PurgePass(ISyncStore store, RetentionOptions retention, TimeProvider time, ILogger logger, ConflictExpiry? conflicts = null)
{
    private const int ScopesAtOnce = 1_000;

    /// <summary>Between two commits of one scope, for its owner's rounds.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task<PurgeReport> RunAsync(CancellationToken cancellationToken)
    {
        var report = default(PurgeReport);
        ScopeId? after = null;
        while (true)
        {
            var scopes = await store.ListScopesAsync(after, ScopesAtOnce, cancellationToken);
            foreach (var scope in scopes) report = await PurgeAsync(scope, report, cancellationToken);
            if (scopes.Count < ScopesAtOnce) break;
            after = scopes[^1];
        }

        logger.PurgePassEnded(report.Scopes, report.Tombstones, report.Operations, report.DeadLetters, report.TombstonesLeft, report.Conflicts);
        return report;
    }

    private async Task<PurgeReport> PurgeAsync(ScopeId scope, PurgeReport report, CancellationToken cancellationToken)
    {
        var expired = conflicts is null ? 0 : await conflicts.RunAsync(scope, cancellationToken);
        var now = time.GetUtcNow();
        var request = new PurgeRequest
        {
            Scope = scope,
            DeletedBefore = (now - retention.Tombstones).ToUnixTimeMilliseconds(),
            JournaledBefore = (now - retention.Journal).ToUnixTimeMilliseconds(),
            DeadLettersBefore = (now - (retention.DeadLetters < retention.Journal ? retention.DeadLetters : retention.Journal)).ToUnixTimeMilliseconds(),
        };
        report = report with { Scopes = report.Scopes + 1, Conflicts = report.Conflicts + expired };
        while (true)
        {
            var result = await store.PurgeAsync(request, cancellationToken);
            report = report with
            {
                Tombstones = report.Tombstones + result.Tombstones,
                Operations = report.Operations + result.Operations,
                DeadLetters = report.DeadLetters + result.DeadLetters,
            };
            if (result.Tombstones < request.MaxRows && result.Operations < request.MaxRows && result.DeadLetters < request.MaxRows)
                return report with { TombstonesLeft = report.TombstonesLeft + result.TombstonesLeft };
            await Task.Delay(Pause, time, cancellationToken);
        }
    }
}
