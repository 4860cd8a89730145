using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>
/// What the owner of a scope knows since its claim, kept in step by its own commits; and the attempts of this epoch that
/// came to nothing. Only the commit loop touches it.
/// </summary>
internal sealed class LogState(int maxAbandoned)
{
    private readonly Dictionary<DeviceId, DeviceRecord> _devices = [];
    private readonly Dictionary<string, TypeDigest> _digests = new(StringComparer.Ordinal);
    private readonly List<Attempt> _abandoned = [];
    private readonly Dictionary<EntityKey, List<Attempt>> _replaced = [];
    private ScopeState _scope = new(0, 0, Guid.Empty, 0, Guid.Empty, 0);
    private int _attempt;
    private int _firstOfRound = 1;
    private int _replacements;

    /// <summary>The claim holds as far as is known.</summary>
    public bool IsClaimed { get; private set; }

    public long Epoch => _scope.Epoch;

    public long Head => _scope.Head;

    public long Clock => _scope.Clock;

    public Guid Lineage => _scope.Lineage;

    /// <summary>What a restored server has lost.</summary>
    public SequenceGap Lost => _scope.Lost;

    public Guid LastCommit => _scope.LastCommit;

    public OpenConflicts Conflicts { get; } = new();

    /// <summary>What this entity must never promote.</summary>
    public ImmutableArray<Attempt> AbandonedFor(EntityKey entity) =>
        _replaced.TryGetValue(entity, out var own) ? [.. _abandoned, .. own] : [.. _abandoned];

    /// <param name="claim">Where the scope stands.</param>
    /// <param name="parked">What waits in its conflict inbox.</param>
    public void OnClaimed(ScopeClaim claim, IEnumerable<EntityRow> parked)
    {
        Conflicts.Reset(parked);
        _scope = claim.State;
        OnDevices(claim.Devices);
        _digests.Clear();
        foreach (var digest in claim.Digests) _digests.Add(digest.Type, digest);
        _abandoned.Clear();
        _replaced.Clear();
        _replacements = 0;
        (_attempt, _firstOfRound) = (0, 1);
        IsClaimed = true;
    }

    public void OnDevices(IEnumerable<DeviceRecord> devices)
    {
        _devices.Clear();
        foreach (var device in devices) _devices.Add(device.Device, device);
    }

    /// <summary>Another owner, a revocation or a purge raised the epoch, or whether a commit took place is unknown.</summary>
    public void LoseClaim() => IsClaimed = false;

    public DeviceRecord? Find(DeviceId device) => _devices.GetValueOrDefault(device);

    public TypeDigest DigestOf(string type) => _digests.GetValueOrDefault(type, new(type, 0, 0));

    public int NextAttempt() => ++_attempt;

    /// <summary>
    /// The entity is called again in its round. What an earlier attempt staged has the sequence of what is committed, so a
    /// duplicate activation that missed this call could not be told from one that has the committed row.
    /// </summary>
    public void Replace(EntityKey entity, int attempt)
    {
        if (!_replaced.TryGetValue(entity, out var own)) _replaced.Add(entity, own = []);
        own.Add(new(Head + 1, attempt));
        _replacements++;
    }

    /// <summary>What was staged since the last commit must never be promoted.</summary>
    public void AbandonRound()
    {
        for (var number = _firstOfRound; number <= _attempt; number++) _abandoned.Add(new(Head + 1, number));
        _firstOfRound = _attempt + 1;
        Bound();
    }

    public void OnCommitted(ScopeCommit commit)
    {
        _scope = _scope with { Head = commit.Sequence, LastCommit = commit.CommitId, Clock = commit.Clock };
        foreach (var (device, counter) in commit.Counters)
        {
            if (_devices.TryGetValue(device, out var record)) _devices[device] = record with { Counter = counter };
        }

        foreach (var digest in commit.Digests) _digests[digest.Type] = digest;
        Conflicts.OnCommitted(commit);
        (_attempt, _firstOfRound) = (0, 1);
        Bound();
    }

    // A new claim forgets them all.
    private void Bound()
    {
        if (_abandoned.Count > maxAbandoned || _replacements > maxAbandoned) LoseClaim();
    }
}
