using OrleansSync.Client;
using OrleansSync.Client.Conflicts;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store;
using OrleansSync.Client.Transport;
using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;
using OrleansSync.Convergence.Tests.Server;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Convergence.Tests.Devices;

/// <summary>What a device lives in.</summary>
internal sealed record DeviceWorld(
    SeededScheduler Scheduler, Dice Dice, Faults Faults, RunRecord Record, SimulatedServer Server, IReadOnlyList<SimulatedGateway> Gateways)
{
    /// <summary>What ends a device's process at this point, where a scenario says so.</summary>
    public Func<SimulatedDevice, FaultKind?> EndsAt { get; init; } = static _ => null;

    /// <summary>Stands between a device and its log, to show that the checkers see what the log guards against.</summary>
    public Func<ILocalLog, ILocalLog> LogDouble { get; init; } = static log => log;
}

/// <summary>
/// A device: an app that writes, and the product's local log over a local database, driven over a simulated network as the
/// sync engine drives it. Its process can be killed after every local transaction.
/// </summary>
internal sealed class SimulatedDevice(int number, DeviceWorld world, IDeviceStorage storage, TimeProvider time) : IDisposable
{
    private const int MaxAnsweredFailures = 5;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    // What the device was told since its disk last had everything, and when that was.
    private readonly List<(WrittenOperation Written, int Since)> _toldSince = [];

    private readonly DevicePush _push = new(world);
    private readonly DeviceRead _read = new(world);

    public int Number { get; } = number;

    public string Name { get; } = $"device{number}";

    public DeviceId Id { get; private set; }

    public bool IsOnline { get; private set; } = true;

    /// <summary>The process that runs; <c>null</c>: none.</summary>
    public Life? Life { get; private set; }

    public bool IsRefused { get; private set; }

    /// <summary>Where its cursor was when it last had to begin anew: until it has all again, it shows what it had.</summary>
    public long StartedAgainAt { get; private set; }

    /// <summary>Its operations that the server's row at its cursor does not have yet, in the order written.</summary>
    public List<WrittenOperation> Uncovered { get; } = [];

    public void Start()
    {
        var database = storage.Open();
        var life = new Life(database, world.LogDouble(new LocalLog(database, MaxAnsweredFailures, new SettledRetention(10_000, 16 << 20, TimeSpan.FromDays(7), time.GetUtcNow))));
        Life = life;
        Id = database.Meta.Device;
        world.Record.Started(this);
        world.Scheduler.Start(Name, () => LiveAsync(life));
    }

    /// <param name="powerCut">What its disk has not taken goes too.</param>
    public void Kill(bool powerCut = false)
    {
        if (Life is not { } life) return;
        if (powerCut) CutPower();
        life.End();
        Life = null;
        storage.Close();
    }

    public void GoOffline()
    {
        IsOnline = false;
        Life?.CutStreams();
    }

    public void GoOnline() => IsOnline = true;

    /// <summary>The app writes, where it runs; several writes in one are a transaction. What has nothing to change is none.</summary>
    public void Write(Action<WriteSet> write)
    {
        if (Life is not { } life) return;
        var at = time.GetUtcNow();
        WriteReceipt receipt;
        try
        {
            receipt = life.Database.RunAsync(
                context =>
                {
                    var set = new WriteSet(context, at);
                    write(set);
                    return set.Flush();
                },
                CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (SyncException nothingToChange) when (nothingToChange.Code == "OS3001")
        {
            return;
        }

        if (receipt.Operations.Count == 0) return;
        world.Record.Wrote(this, life.Database.Read(connection => receipt.Operations.Select(
            id => OperationTable.Read(connection, OperationTable.Find(connection, id)!.Counter)).ToArray()), at);
        Boundary(life);
    }

    /// <summary>Its user decides a question of the inbox, if there is one, as <see cref="SyncConflict"/> does.</summary>
    public void Resolve(int question, bool keepsMine)
    {
        if (Life is not { } life) return;
        var questions = life.Database.Read(connection => ConflictRows.Read(connection, life.Database.Meta.Types))
            .OrderBy(static parked => parked.ToOperation().Stamp).GroupBy(static parked => parked.Group).ToList();
        if (questions.Count == 0) return;
        var parked = questions[question % questions.Count].ToList();
        Write(set =>
        {
            foreach (var one in keepsMine ? parked : []) set.Replay(one.Kind, one.Entity, one.Changes);
            foreach (var one in parked) set.Delete(ParkedOperation.KeyOf(one.Id));
        });
    }

    /// <summary>After a local transaction that may have changed what the app shows.</summary>
    public void Boundary(Life life)
    {
        world.Record.Saw(DeviceView.Of(this, life.Database));
        KillPoint();
    }

    /// <summary>It was told what became of an operation, in the local transaction just made.</summary>
    public void NoteTold(WrittenOperation written)
    {
        if (storage.Unsynced is { } since) _toldSince.Add((written, since));
    }

    /// <summary>Between any two steps the process may be no more; it is started again after a while.</summary>
    public void KillPoint()
    {
        var end = world.EndsAt(this);
        if (end is { } ordered) world.Faults.Note(ordered, Name, Number);
        else if (world.Faults.Strikes(FaultKind.ClientKilled, Name, Number)) end = FaultKind.ClientKilled;
        else if (world.Faults.Strikes(FaultKind.PowerCut, Name, Number)) end = FaultKind.PowerCut;
        if (end is null) return;
        Kill(powerCut: end == FaultKind.PowerCut);
        world.Scheduler.After(world.Dice.Delay(200, 5_000), () =>
        {
            if (Life is null) Start();
        });
    }

    public void Dispose() => storage.Dispose();

    private void CutPower()
    {
        if (storage.Unsynced is not { } since) return;
        var forgotten = _toldSince.Where(one => one.Since == since).Select(static one => one.Written).ToList();
        _toldSince.Clear();
        storage.CutPower();
        world.Record.CutPower(this, forgotten);
    }

    private async Task LiveAsync(Life life)
    {
        try
        {
            while (!life.IsRefused)
            {
                await world.Scheduler.DelayAsync(world.Dice.Delay(50, 1_500));
                life.Check();
                if (!IsOnline || await HandshakeAsync(life) is not { } session) continue;
                await Task.WhenAll(_push.RunAsync(this, life, session), _read.RunAsync(this, life, session));
            }
        }
        catch (ProcessKilledException)
        {
            // The next process goes on from what is on disk.
        }
    }

    private async Task<Session?> HandshakeAsync(Life life)
    {
        var state = await life.Log.MakeDurableAsync(CancellationToken.None);
        var request = new SessionRequest(Id, [.. state.SessionToken.Span], state.DoneBelow, DeviceProfile.Empty, DeviceStatus.Empty);
        var gateway = world.Gateways[world.Dice.Below(world.Gateways.Count)];
        SessionReply reply;
        try
        {
            var answering = gateway.HandshakeAsync(request);
            if (await Task.WhenAny(answering, TimeoutAsync()) != answering)
            {
                world.Scheduler.Start("given up", () => IgnoreAsync(answering));
                return null;
            }

            reply = await answering;
        }
        catch (Exception exception) when (exception is StreamCutException or TimeoutException or Grains.Storage.StoreUnavailableException)
        {
            // The server may have heard of it all the same.
            KillPoint();
            return null;
        }

        life.Check();
        if (Gateway.Errors.SessionErrors.OfHandshake(reply.Status) is { } refused)
        {
            OnRefused(life, StatusMapper.Map(refused, DeviceStreams.Address));
            return null;
        }

        var schema = state.SchemaHash.IsEmpty ? world.Server.Schema : null;
        await life.Log.RecordHandshakeAsync(
            new(reply.Token.AsMemory(), schema, world.Server.Schema.Hash, reply.Clock, reply.Lineage, reply.Head, SimulatedServer.Limits),
            CancellationToken.None);
        world.Record.Trace.Add(Name, "shook hands", Number);
        KillPoint();
        life.Check();
        return new Session(reply.Token);
    }

    /// <summary>
    /// A stream has failed. The engine ends the session then and begins again with a handshake; another client might go on.
    /// </summary>
    public void OnFailed(Life life, Session session)
    {
        if (!world.Dice.OneIn(2)) return;
        session.IsOver = true;
        life.CutStreams();
    }

    /// <summary>The server cannot go on from its cursor.</summary>
    public void OnStartsAgain(Life life)
    {
        if (life.Database.Meta.Cursor is > 0 and var cursor) StartedAgainAt = cursor;
        world.Record.Trace.Add(Name, "starts again", Number);
    }

    public void OnRefused(Life life, SyncException refused)
    {
        life.IsRefused = IsRefused = true;
        world.Record.Refused(this, refused);
    }

    // An async method, because WhenAny would leave the thread with a source whose continuations are asynchronous.
    private async Task TimeoutAsync() => await world.Scheduler.DelayAsync(CallTimeout);

    private static async Task IgnoreAsync(Task task) =>
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}
