using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Entities;

/// <summary>
/// The value of one entity: its committed row and at most one staged row, which a later commit proves to have been
/// committed. It never writes to the store. One call at a time.
/// </summary>
public sealed class EntityState(EntityGrainKey key, EntitySchema schema, Limits limits, IRowSource rows)
{
    private static readonly Version Absent = new(null, 0);

    private (long Epoch, long Sequence, int Attempt) _last;
    private Version _committed = Absent;
    private Staging? _staged;

    /// <summary>Merges operations into the committed row and stages the result; tells a caller that is too late so.</summary>
    public async Task<MergeReply> MergeAsync(MergeRequest request)
    {
        var call = (request.Epoch, request.Sequence, request.Attempt);
        if (call.CompareTo(_last) < 0) return TooLate(request);
        if (request.Epoch > _last.Epoch)
        {
            // Another owner may have committed without this activation, or this one without that owner's knowledge.
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
        if (_committed.Sequence >= request.Sequence) return TooLate(request);
        return Merge(request);
    }

    private MergeReply Merge(MergeRequest request)
    {
        var context = new MergeContext(schema, request.Sequence, request.CommittedAt, limits);
        var row = _committed.Row;
        var merged = ImmutableArray.CreateBuilder<MergedOperation>(request.Operations.Length);
        foreach (var operation in request.Operations)
        {
            var result = Core.Merge.Apply(row, operation, context);
            merged.Add(new(result.Kind, result.Reason, result.Concurrent));
            if (result.Kind != OutcomeKind.Rejected) row = result.Row;
        }

        if (ReferenceEquals(row, _committed.Row)) return new(true, _committed.Sequence, null, 0, 0, merged.MoveToImmutable());
        var version = new Version(row, Digest.OfRow(row));
        _staged = new(new(request.Sequence, request.Attempt), version);
        return new(
            true,
            _committed.Sequence,
            row,
            unchecked(version.Digest - _committed.Digest),
            version.LiveRows - _committed.LiveRows,
            merged.MoveToImmutable());
    }

    private static MergeReply TooLate(MergeRequest request) =>
        new(false, 0, null, 0, 0, [.. request.Operations.Select(static _ => default(MergedOperation))]);

    private readonly record struct Version(EntityRow? Row, UInt128 Digest)
    {
        public long Sequence => Row?.Sequence ?? 0;

        public int LiveRows => Row is { Deleted: false } ? 1 : 0;
    }

    private sealed record Staging(Attempt Attempt, Version Version)
    {
        public long Sequence => Attempt.Sequence;
    }
}
