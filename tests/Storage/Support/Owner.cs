using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Tests.Support;

/// <summary>What a change log does to a store, without a change log: claims, then commits round after round.</summary>
public sealed class Owner(ISyncStore store, ScopeId scope, ScopeClaim claim)
{
    public static readonly DeviceId Phone = new(new Guid("01000000-0000-7000-8000-000000000001"));

    private readonly Dictionary<EntityKey, long> _versions = [];

    public ScopeId Scope { get; } = scope;

    public ScopeClaim Claimed { get; } = claim;

    public long Epoch { get; set; } = claim.State.Epoch;

    public long Head { get; set; } = claim.State.Head;

    /// <summary>Registers the phone and claims.</summary>
    public static async Task<Owner> ClaimAsync(ISyncStore store, ScopeId scope)
    {
        await store.RegisterDeviceAsync(scope, Phone, Make.Session(1), registeredAt: 1_000, default);
        return new Owner(store, scope, await store.ClaimAsync(scope, default));
    }

    /// <summary>A change of a row for the next round, merged from the version this owner last committed.</summary>
    public RowChange Put(string id, string json = "1", string type = "notes", bool deleted = false)
    {
        var key = new EntityKey(type, id);
        return new RowChange(Make.Row(key, Head + 1, json, deleted), _versions.GetValueOrDefault(key));
    }

    public JournalEntry Entry(
        OperationId? id = null,
        DeviceId? device = null,
        OutcomeKind outcome = OutcomeKind.Applied,
        RejectionReason reason = RejectionReason.None,
        string entity = "a",
        string type = "notes") =>
        new(id ?? Make.OperationId(), device ?? Phone, Head + 1, new EntityKey(type, entity), OperationKind.Update, outcome, reason,
            Head + 1, new UInt128(7, (ulong)Head));

    /// <summary>One row comes as from a device that writes it: with its operation and a digest. Several are just rows.</summary>
    public ScopeCommit Round(params ReadOnlySpan<RowChange> rows) => new()
    {
        Scope = Scope,
        Epoch = Epoch,
        Head = Head,
        CommitId = Guid.NewGuid(),
        Clock = Head + 1,
        Rows = [.. rows],
        Operations = rows is [var single] ? [Entry(entity: single.Row.Key.Id, type: single.Row.Key.Type)] : [],
        Digests = rows is [var only] ? [new TypeDigest(only.Row.Key.Type, new UInt128((ulong)Epoch, (ulong)Head), Head + 1)] : [],
        Counters = [new DeviceCounter(Phone, Head + 1)],
    };

    public async Task<CommitResult> TryCommitAsync(ScopeCommit commit)
    {
        var result = await store.CommitAsync(commit, default);
        if (result != CommitResult.Committed) return result;
        Head = commit.Sequence;
        foreach (var change in commit.Rows) _versions[change.Row.Key] = Head;
        return result;
    }

    /// <summary>Commits what must be committed; the sequence.</summary>
    public async Task<long> CommitAsync(ScopeCommit commit)
    {
        Assert.Equal(CommitResult.Committed, await TryCommitAsync(commit));
        return Head;
    }

    public Task<long> CommitAsync(params RowChange[] rows) => CommitAsync(Round(rows));
}
