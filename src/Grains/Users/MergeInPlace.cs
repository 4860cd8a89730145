using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Entities;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>
/// Merges entities that are not in use without their grains: their rows come with one query and are not kept. It is what
/// grains would do that are made for this call and gone after it.
/// </summary>
internal sealed class MergeInPlace(ChangeLogContext context)
{
    /// <returns>In the order of the calls; <c>null</c>: it could not be merged.</returns>
    /// <exception cref="StoreUnavailableException">The store does not answer; nothing was committed.</exception>
    public async Task<MergeReply?[]> RunAsync(IReadOnlyList<(EntityKey Entity, MergeRequest Request)> calls)
    {
        if (calls.Count == 0) return [];
        var replies = new MergeReply?[calls.Count];
        var rows = await LoadAsync([.. calls.Select(static call => call.Entity)]);
        for (var i = 0; rows is not null && i < replies.Length; i++) replies[i] = Merge(calls[i].Entity, calls[i].Request, rows);
        return replies;
    }

    private async Task<Dictionary<EntityKey, EntityRow>?> LoadAsync(EntityKey[] entities)
    {
        try
        {
            return (await context.Store.LoadAsync(context.Scope, entities, CancellationToken.None)).ToDictionary(static row => row.Key);
        }
#pragma warning disable CA1031 // As where a grain fails: the attempt is abandoned and the round runs again.
        catch (Exception exception) when (exception is not StoreUnavailableException)
#pragma warning restore CA1031
        {
            context.Logger.MergeFailed(exception, entities[0].Type);
            return null;
        }
    }

    private MergeReply? Merge(EntityKey entity, MergeRequest request, Dictionary<EntityKey, EntityRow> rows)
    {
        try
        {
            var row = rows.GetValueOrDefault(entity);
            if (row?.Sequence >= request.Sequence) return EntityMerge.TooLate(request);
            // One that was declared when its operations were queued still merges.
            var schema = context.Schema.Find(entity.Type) ?? EntitySchema.Undeclared(entity.Type);
            return EntityMerge.Run(row, Digest.OfRow(row), request, schema, context.Options.Limits, out _);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            context.Logger.MergeFailed(exception, entity.Type);
            return null;
        }
    }
}
