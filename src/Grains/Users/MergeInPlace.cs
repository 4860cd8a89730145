using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Entities;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>
/// Merges entities that are not in use without their grains: their rows come with one query and are not kept. It is what
/// grains would do that are made for this call and gone after it.
/// </summary>
/// <remarks>
/// What begins with the create of an entity that the device did not know is taken to be new, without a look at the store: it is, but
/// for two devices that choose one id. The commit expects that there is no row, and is refused where there is one. After a
/// refusal every row is looked at for a while.
/// </remarks>
internal sealed class MergeInPlace(ChangeLogContext context)
{
    // Rounds. An app that often creates what is there already must not have each of its commits refused.
    private const int LooksAfterRefusal = 64;

    private int _looks;

    public void OnRefused() => _looks = LooksAfterRefusal;

    /// <returns>In the order of the calls; <c>null</c>: it could not be merged.</returns>
    /// <exception cref="StoreUnavailableException">The store does not answer; nothing was committed.</exception>
    public async Task<MergeReply?[]> RunAsync(IReadOnlyList<(EntityKey Entity, MergeRequest Request)> calls)
    {
        var replies = new MergeReply?[calls.Count];
        var lookedUp = new List<int>(calls.Count);
        var trusts = _looks == 0 && !context.Options.LooksBeforeCreate;
        if (_looks > 0 && calls.Count > 0) _looks--;
        for (var i = 0; i < replies.Length; i++)
        {
            var (entity, request) = calls[i];
            // Nothing is left to merge: what was merged in place before was kept nowhere.
            var isEmpty = request.Operations.IsEmpty;
            if (isEmpty || (trusts && IsNew(request))) replies[i] = Merge(entity, request, row: null);
            if (isEmpty) continue;
            // A refusal is only recorded, so no commit would notice that there was a row to judge it by.
            if (replies[i] is not { Row: not null } reply || HasRefusal(reply)) lookedUp.Add(i);
        }

        if (lookedUp.Count == 0) return replies;
        var rows = await LoadAsync([.. lookedUp.Select(i => calls[i].Entity)]);
        foreach (var i in lookedUp)
            replies[i] = rows is null ? null : Merge(calls[i].Entity, calls[i].Request, rows.GetValueOrDefault(calls[i].Entity));
        return replies;
    }

    private static bool IsNew(MergeRequest request) => request.Operations[0] is { Kind: OperationKind.Create, Base: 0, Generation: 1 };

    private static bool HasRefusal(MergeReply reply)
    {
        foreach (var operation in reply.Operations)
        {
            if (operation.Kind == OutcomeKind.Rejected) return true;
        }

        return false;
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

    private MergeReply? Merge(EntityKey entity, MergeRequest request, EntityRow? row)
    {
        try
        {
            if (row?.Sequence >= request.Sequence) return EntityMerge.TooLate(request);
            // One that was declared when its operations were queued still merges.
            var schema = context.Schema.Find(entity.Type) ?? EntitySchema.Undeclared(entity.Type);
            return EntityMerge.Run(row, Digest.OfRow(row), request, schema, context.Options.Limits, context.Resolvers, out _);
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
