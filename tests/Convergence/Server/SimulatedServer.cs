using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Feed;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Users;

namespace OrleansSync.Convergence.Tests.Server;

/// <summary>What the parts of the server may be replaced by, to show that the checkers see what they guard against.</summary>
internal sealed record ServerDoubles
{
    public Func<ISyncStore, ISyncStore> Store { get; init; } = static store => store;

    public Func<IEntityMerger, IEntityMerger> Merger { get; init; } = static merger => merger;

    /// <summary>Entities are merged in place and at their grains by turns, and soon forgotten.</summary>
    public ChangeLogOptions Options { get; init; } = new() { TouchesBeforeGrain = 1, RecentEntities = 2 };

    public Func<EntityKey, bool>? IsPoison { get; init; }
}

/// <summary>The server of one user: a store, entities, owners of the scope (for a while more than one), and feeds.</summary>
internal sealed class SimulatedServer
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);

    private readonly SeededScheduler _scheduler;
    private readonly Dice _dice;
    private readonly Faults _faults;
    private readonly ServerDoubles _doubles;
    private readonly ErrorLog _log;
    private readonly SimulatedEntities _entities;
    private readonly List<Owner> _owners = [];
    private readonly List<Action<CommitNotice>> _observers = [];
    private readonly Action<PushReply> _onAnswer;
    private long _downUntil;
    private int _names;

    public SimulatedServer(SeededScheduler scheduler, Dice dice, Faults faults, SyncSchema schema, ISyncStore store, ServerDoubles doubles, ErrorLog log,
        Action<PushReply> onAnswer)
    {
        (_scheduler, _dice, _faults, _doubles, _log, Schema, Store, _onAnswer) = (scheduler, dice, faults, doubles, log, schema, store, onAnswer);
        Time = new VirtualTime(scheduler);
        _entities = new(Scope, schema, Limits, Reach("entities"), faults, dice);
        Feed = new(Reach("feed"), Limits);
        Current = NewOwner();
    }

    /// <summary>Small enough that a run meets every bound.</summary>
    public static Limits Limits { get; } = Limits.Default with
    {
        BatchOperations = 5,
        RoundOperations = 9,
        QueueOperations = 16,
        PageRows = 3,
        NoticeRows = 4,
        BatchesInFlight = 3,
    };

    public ScopeId Scope { get; } = ScopeId.ForUser("ada");

    public SyncSchema Schema { get; }

    public ISyncStore Store { get; }

    public VirtualTime Time { get; }

    public FeedReader Feed { get; }

    /// <summary>The owner that the directory names.</summary>
    public Owner Current { get; private set; }

    /// <summary>The owner that a call reaches: as a rule the current one, else any that is still there.</summary>
    public Owner Reached()
    {
        var alive = _owners.FindAll(static owner => !owner.IsDead);
        return alive.Count > 1 && _faults.Strikes(FaultKind.PushToOther, "directory") ? alive[_dice.Below(alive.Count)] : Current;
    }

    /// <summary>A second activation of the owner; the first one does not know.</summary>
    public void DoubleOwner()
    {
        _faults.Note(FaultKind.OwnerDoubled, "cluster");
        Current = NewOwner();
    }

    public void KillOwner()
    {
        _faults.Note(FaultKind.OwnerKilled, "cluster");
        Kill(Current);
    }

    /// <summary>The store does not answer for so long.</summary>
    public void TakeStoreDown(TimeSpan time)
    {
        _faults.Note(FaultKind.StoreDown, "cluster");
        _downUntil = Math.Max(_downUntil, _scheduler.Now + time.Ticks);
    }

    /// <summary>Comes back when it is done, however often the store has to be asked.</summary>
    public async Task RevokeAsync(DeviceId device)
    {
        while (true)
        {
            try
            {
                if (await Current.RevokeAsync(Scope, device)) return;
            }
            catch (Exception exception) when (exception is TimeoutException or StoreUnavailableException)
            {
                // Asked again.
            }

            await _scheduler.DelayAsync(TimeSpan.FromMilliseconds(100));
        }
    }

    private void Kill(Owner owner)
    {
        owner.Kill();
        if (owner != Current) return;
        Current = _owners.Find(static owner => !owner.IsDead) is { } other && _dice.OneIn(2) ? other : NewOwner();
    }

    public void ForgetEntities()
    {
        _faults.Note(FaultKind.EntityForgotten, "cluster");
        _entities.ForgetAll();
    }

    /// <summary>What is older than a few rounds goes, as far as devices have it or start again without it.</summary>
    public void Purge()
    {
        _faults.Note(FaultKind.Purged, "cluster");
        var before = (Time.GetUtcNow() - Kept).ToUnixTimeMilliseconds();
        var purging = Store.PurgeAsync(new() { Scope = Scope, DeletedBefore = before, JournaledBefore = before }, CancellationToken.None);
        purging.GetAwaiter().GetResult();
    }

    /// <summary>Notices are hints: they come late, twice, or not at all.</summary>
    public Action Observe(Action<CommitNotice> observer)
    {
        _observers.Add(observer);
        return () => _observers.Remove(observer);
    }

    private OwnerStore Reach(string name, Action? kill = null) => new(Store, name, _scheduler, _dice, _faults)
    {
        IsDown = () => _scheduler.Now < _downUntil,
        Kill = kill ?? (static () => { }),
        IsPoison = _doubles.IsPoison,
    };

    private Owner NewOwner()
    {
        var name = $"owner{++_names}";
        Owner? owner = null;
        var store = Reach(name, () => Kill(owner!));
        var merger = _doubles.Merger(new SimulatedMerger(_entities, name, _scheduler, _dice, _faults));
        var options = _doubles.Options with { Limits = Limits, MaxAbandoned = 6, Jitter = _dice.Fraction };
        owner = new Owner(new(Scope, store, merger, Schema, options, Time, _log), store, Notify, _onAnswer);
        _owners.Add(owner);
        return owner;
    }

    private void Notify(CommitNotice notice)
    {
        foreach (var observer in _observers.ToArray())
        {
            if (_faults.Strikes(FaultKind.NoticeLost, "notices")) continue;
            var copies = _faults.Strikes(FaultKind.NoticeDoubled, "notices") ? 2 : 1;
            for (var i = 0; i < copies; i++)
            {
                var delay = _faults.Strikes(FaultKind.NoticeLate, "notices") ? _dice.Delay(500, 5_000) : _dice.Delay(3, 60);
                _scheduler.After(delay, () => observer(notice));
            }
        }
    }
}
