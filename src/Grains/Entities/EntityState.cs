using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Resolving;

namespace OrleansSync.Grains.Entities;

/// <summary>
/// The value of one entity: its committed row and at most one staged row, which a later commit proves to have been
/// committed. It never writes to the store. One call at a time.
/// </summary>
public sealed class EntityState(EntityGrainKey key, EntitySchema schema, Limits limits, IRowSource rows, Resolvers resolvers)
{
    private static readonly Version Absent = new(null, 0);

    private (long Epoch, long Sequence, int Attempt) _last;
    private Version _committed = Absent;
    private Staging? _staged;

    /// <summary>Merges operations into the committed row and stages the result; tells a caller that is too late so.</summary>
    public async Task<MergeReply> MergeAsync(MergeRequest request)
    {
        var call = (request.Epoch, request.Sequence, request.Attempt);
        if (call.CompareTo(_last) < 0) return EntityMerge.TooLate(request);
        if (request.Epoch > _last.Epoch || _last.Sequence < request.CalledSince)
        {
            // Another owner may have committed without this activation, this one without that owner's knowledge, or the owner
            // without asking any activation.
            var row = await rows.LoadAsync(key.Scope, key.Entity);
            _committed = new(row, Digest.OfRow(row));
        }
        else if (_staged is { } staged && staged.Sequence < request.Sequence && !request.Abandoned.Contains(staged.Attempt))
        {
            // The owner goes on to a later commit and has not given this one up: it was committed.
            _committed = staged.Version;
        }

        _staged = null;
        _last = call;
        if (_committed.Sequence >= request.Sequence) return EntityMerge.TooLate(request);
        var reply = EntityMerge.Run(_committed.Row, _committed.Digest, request, schema, limits, resolvers, out var digest);
        if (reply.Row is { } merged) _staged = new(new(request.Sequence, request.Attempt), new(merged, digest));
        return reply;
    }

    private readonly record struct Version(EntityRow? Row, UInt128 Digest)
    {
        public long Sequence => Row?.Sequence ?? 0;
    }

    private sealed record Staging(Attempt Attempt, Version Version)
    {
        public long Sequence => Attempt.Sequence;
    }
}
