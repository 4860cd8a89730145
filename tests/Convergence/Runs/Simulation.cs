using OrleansSync.Client;
using OrleansSync.Client.OpLog;
using OrleansSync.Convergence.Tests.Checkers;
using OrleansSync.Convergence.Tests.Devices;
using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;
using OrleansSync.Convergence.Tests.Server;
using OrleansSync.Convergence.Tests.Workload;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Storage.InMemory;

namespace OrleansSync.Convergence.Tests.Runs;

/// <summary>One run: the whole system in one thread, from an empty store to rest. A function of its plan.</summary>
internal sealed class Simulation : IDisposable
{
    private static readonly TimeSpan PlayTime = TimeSpan.FromHours(1);
    private static readonly TimeSpan RestTime = TimeSpan.FromMinutes(30);

    private readonly Plan _plan;
    private readonly RunOptions _options;
    private readonly VirtualTime _time;
    private int _values;

    private Simulation(Plan plan, RunOptions options)
    {
        (_plan, _options) = (plan, options);
        var dice = new Dice(plan.Seed);
        Scheduler = new SeededScheduler(dice.Fork());
        Record = new RunRecord(new Trace(Scheduler), Types.Schema);
        Faults = new Faults(plan.Rates, dice.Fork(), Record.Trace);
        _time = new VirtualTime(Scheduler);
        var inner = options.Server.Store(new InMemoryStore(static () => new Guid("0a11ce00-0000-4000-8000-000000000001"), _time));
        var store = new RecordingStore(inner, Record.Committed, Record.RefusedCommit, Record.Purged);
        Record.Checkers = [.. options.Checkers?.Invoke(Record) ?? CheckersOf(Record), .. options.MoreCheckers(Record)];
        Server = new SimulatedServer(Scheduler, dice.Fork(), Faults, Types.Schema, store, options.Server, new ErrorLog(OnError), Record.Answered);
        SimulatedGateway[] gateways = [Gateway("gateway1"), Gateway("gateway2")];
        var world = new DeviceWorld(Scheduler, dice.Fork(), Faults, Record, Server, gateways) { LogDouble = options.Log, EndsAt = options.EndsAt };
        Devices = [.. Enumerable.Range(1, Plan.Devices).Select(number => new SimulatedDevice(number, world, StorageOf(number), _time))];

        SimulatedGateway Gateway(string name) => new(Server, name, Scheduler, dice.Fork(), Faults);
    }

    public SeededScheduler Scheduler { get; }

    public RunRecord Record { get; }

    public Faults Faults { get; }

    public SimulatedServer Server { get; }

    public IReadOnlyList<SimulatedDevice> Devices { get; }

    public static RunResult Run(Plan plan, RunOptions? options = null)
    {
        using var simulation = new Simulation(plan, options ?? new());
        simulation.Run();
        return simulation.Result();
    }

    public void Write(SimulatedDevice device, Action<Writing> write) => device.Write(set => write(new Writing(set, $"{device.Name} {++_values}")));

    /// <summary>The healed world has nothing left to do.</summary>
    public bool IsAtRest(long head) => Devices.All(device => device.IsRefused || (!Record.Revoked.Contains(device.Number) && device.Life is { Log: var log }
        && log.Depth() is { Pending: 0, InFlight: 0 } && log.State.Cursor == head));

    public void Dispose()
    {
        foreach (var device in Devices)
        {
            device.Kill();
            device.Dispose();
        }
    }

    /// <summary>The replay comes first: the others ask the oracle that it feeds.</summary>
    private static IEnumerable<Checker> CheckersOf(RunRecord record) =>
    [
        new ReplayChecker(record), new JournalChecker(record), new SequenceChecker(record), new AnswerChecker(record),
        new TransactionChecker(record), new OrderChecker(record), new PairChecker(record), new ViewChecker(record),
        new CausalChecker(record), new ConvergenceChecker(record), new CounterChecker(record), new RegisterChecker(record),
        new DeadLetterChecker(record), new InboxChecker(record),
    ];

    private bool HasEnded => Record.Violations.Count > 0;

    private void Run()
    {
        foreach (var device in Devices) device.Start();
        var playing = true;
        Scheduler.Start("plan", async () =>
        {
            await PlayAsync();
            playing = false;
        });
        if (!Scheduler.RunUntil(() => HasEnded || !playing, PlayTime)) Stuck("the plan did not come to its end");
        if (HasEnded) return;
        Heal();
        long? head = null;
        // A handshake makes the scope: before one, devices that have written nothing are at rest with nobody.
        var steady = Scheduler.RunUntil(() => HasEnded || (Scheduler.Steps % 16 == 0 && (head = Head()) is { } own && IsAtRest(own)), RestTime);
        if (!steady) Stuck($"no rest: {string.Join(", ", Devices.Select(Describe))}; the head is {head}");
        if (HasEnded) return;
        var rest = Rest();
        foreach (var checker in Record.Checkers) checker.AtRest(rest);
    }

    private async Task PlayAsync()
    {
        if (_options.Scenario is { } scenario) await scenario(this);
        foreach (var step in _plan.Steps)
        {
            await Scheduler.DelayAsync(TimeSpan.FromMilliseconds(step.Pause));
            Play(step, Devices[step.Device]);
        }
    }

    private void Play(Step step, SimulatedDevice device)
    {
        switch (step.Kind)
        {
            case StepKind.Write:
                Write(device, write => Acts.One(write, step.Act, step.A, step.B));
                break;
            case StepKind.Transaction:
                Write(device, write =>
                {
                    for (var i = 0; i < 3; i++) Acts.One(write, step.Act + i, step.A + i, step.B + i);
                });
                break;
            case StepKind.PairTransaction:
                Write(device, Acts.Pairs);
                break;
            case StepKind.Resolve:
                device.Resolve(step.A, keepsMine: step.B > 0);
                break;
            case StepKind.GoOffline:
                Faults.Note(FaultKind.DeviceOffline, device.Name, device.Number);
                device.GoOffline();
                break;
            case StepKind.GoOnline:
                device.GoOnline();
                break;
            case StepKind.KillClient when device.Life is not null:
                Faults.Note(FaultKind.ClientKilled, device.Name, device.Number);
                device.Kill();
                break;
            case StepKind.KillClient:
                device.Start();
                break;
            case StepKind.KillOwner:
                Server.KillOwner();
                break;
            case StepKind.DoubleOwner:
                Server.DoubleOwner();
                break;
            case StepKind.StoreDown:
                Server.TakeStoreDown(TimeSpan.FromSeconds(8 * (step.A + 1)));
                break;
            case StepKind.ForgetEntities:
                Server.ForgetEntities();
                break;
            case StepKind.Purge:
                Server.Purge();
                break;
        }
    }

    private void Heal()
    {
        Record.Trace.Add("world", "heals");
        Faults.Heal();
        foreach (var device in Devices)
        {
            device.GoOnline();
            if (device.Life is null) device.Start();
        }
    }

    private long? Head() => Server.Store.ReadScopeAsync(Server.Scope, default).GetAwaiter().GetResult()?.Head;

    private AtRest Rest()
    {
        var page = Server.Store.ReadChangesAsync(Everything.Of(Server.Scope), default).GetAwaiter().GetResult()!;
        var lives = Devices.Where(static device => device.Life is not null).ToList();
        var letters = lives.SelectMany(static device => device.Life!.Database.Read(static connection => DeadLetterTable.Page(connection, 0, 1_000)))
            .Select(static letter => letter.Operation.Id).ToHashSet();
        return new(page, [.. lives.Where(static device => !device.IsRefused).Select(static device => DeviceView.Of(device, device.Life!.Database))], letters);
    }

    private RunResult Result()
    {
        if (Scheduler.Fault is { } fault) Stuck(fault);
        return new(
            _plan, Record.Operations.Count, Record.Commits.Count, Faults, Record.Trace, Record.Trace.Hash(), Scheduler.Steps, [.. Record.Violations]);
    }

    private void OnError(string error)
    {
        if (_options.Server.IsPoison is null) Stuck(error);
    }

    private void Stuck(string fact) => Record.Report(new Violation(Verdict.Stuck, nameof(Simulation), fact, null));

    private IDeviceStorage StorageOf(int number)
    {
        var options = new SyncStoreOptions
        {
            DatabasePath = _options.Folder is { } folder ? Path.Combine(folder, $"{number}.db") : "",
            Schema = Types.Schema,
            TimeProvider = new ShiftedTime(_time, number),
        };
        return _options.Folder is null ? new MemoryStorage(options) : new FileStorage(options);
    }

    private static string Describe(SimulatedDevice device) => device.Life is { Log: var log }
        ? $"{device.Name} at {log.State.Cursor} with {log.Depth()}"
        : $"{device.Name} is down";

    /// <summary>
    /// A device's clock, which is a little off. It also orders the devices' ids, which begin with the time they are made: ties
    /// of stamps are then the same in every run of a seed.
    /// </summary>
    private sealed class ShiftedTime(VirtualTime time, int seconds) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow().AddSeconds(seconds);
    }
}
