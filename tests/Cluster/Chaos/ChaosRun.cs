using System.Diagnostics;
using OrleansSync.Backends;
using OrleansSync.Chaos.Checking;
using OrleansSync.Chaos.Devices;
using OrleansSync.Chaos.Nemesis;
using OrleansSync.Chaos.Nemesis.Faults;
using OrleansSync.Chaos.Network;
using OrleansSync.Chaos.Servers;
using OrleansSync.Chaos.Workload;

namespace OrleansSync.Chaos;

/// <summary>One run: servers, devices behind bad networks, faults; then healing, quiet, and the checks.</summary>
internal sealed class ChaosRun(ChaosOptions options, string folder, ChaosScreen screen)
{
    // Small pages and notices, so that every way that rows travel is used with few rows.
    private static readonly Dictionary<string, string> Limits = new()
    {
        ["Limits:PageRows"] = "7",
        ["Limits:NoticeRows"] = "4",
    };

    // Shorter than devices are offline and servers away, so that horizons pass cursors. The journal stays: the checks are made from it.
    private static readonly Dictionary<string, string> ShortRetention = new()
    {
        ["Retention:Tombstones"] = "00:00:02",
        ["Retention:Every"] = "00:00:02",
    };

    /// <summary>What is done while the devices write, in place of the nemesis: a test's own fault.</summary>
    public Func<World, CancellationToken, Task>? Instead { get; init; }

    /// <exception cref="BackendException">The run could not be made, or did not become quiet: it says why.</exception>
    public async Task<ChaosResult> RunAsync(CancellationToken cancellationToken)
    {
        await using var servers = await StartServersAsync(cancellationToken);
        var places = Places();
        var networks = places.Select((place, i) => new FaultyProxy(place.Name, servers.GatewayPorts[i % servers.GatewayPorts.Count])).ToArray();
        NemesisLoop? nemesis = null;
        var unquiet = new List<Violation>();
        var hosts = Hosts(places, networks, servers, _ => nemesis?.Count(BatchOnTwoStreams.Title));
        try
        {
            // One after the other: few cores.
            foreach (var host in hosts) await host.StartAsync(cancellationToken);
            var world = new World(servers, networks, hosts);
            nemesis = new NemesisLoop(world, AllFaults.Lanes, options.Seed);
            screen.Line($"Devices     {options.Devices} of {options.Users} users in {options.Processes} processes");
            await SupervisedAsync(world, async () =>
            {
                await DisturbAsync(world, nemesis, cancellationToken);
                foreach (var network in networks) network.Heal();
                servers.Database?.Network.Heal();
                var clock = Stopwatch.StartNew();
                unquiet.AddRange(await QuietAsync(hosts, cancellationToken));
                screen.Line($"{(unquiet.Count == 0 ? "Quiet" : "Not quiet"),-12}after {clock.Elapsed.TotalSeconds:n1} s");
            });
            var users = Records(places, await servers.ReadAsync(cancellationToken));
            return new ChaosResult(
                new SortedDictionary<string, int>(nemesis.Counts.ToDictionary()),
                users.Sum(static user => user.Journal.Count),
                users,
                [.. unquiet, .. Checker.Run(users)]);
        }
        finally
        {
            foreach (var host in hosts) await host.DisposeAsync();
            foreach (var network in networks) await network.DisposeAsync();
            foreach (var process in servers.Processes)
                await File.WriteAllTextAsync(Path.Combine(folder, $"{process.Name.Replace(' ', '-')}.log"), process.Output, CancellationToken.None);
        }
    }

    private static async Task SupervisedAsync(World world, Func<Task> what)
    {
        using var stop = new CancellationTokenSource();
        var supervising = ServerStart.SuperviseAsync(world, stop.Token);
        try
        {
            await what();
        }
        finally
        {
            await stop.CancelAsync();
            await supervising;
        }
    }

    private async Task DisturbAsync(World world, NemesisLoop nemesis, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (Instead is not null)
        {
            await Instead(world, cancellationToken);
            return;
        }

        enough.CancelAfter(TimeSpan.FromSeconds(options.Seconds));
        var faults = nemesis.RunAsync(enough.Token);
        await screen.ProgressAsync(options, nemesis, world.Hosts, faults);
        await faults;
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// First nobody writes any more and everything is pushed, then everybody pulls to a head that stands still. Returns who
    /// did not get there in time, and why.
    /// </summary>
    private async Task<IReadOnlyList<Violation>> QuietAsync(IReadOnlyList<DeviceHost> hosts, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(hosts.Select(host => host.DrainAsync(options.QuietWithin, cancellationToken)));
            await Task.WhenAll(hosts.Select(host => host.EndAsync(options.QuietWithin, cancellationToken)));
            return [];
        }
        catch (BackendException late)
        {
            foreach (var host in hosts) host.Kill();
            return [new Violation(ViolationKind.Diverged, late.Message)];
        }
    }

    private async Task<IServers> StartServersAsync(CancellationToken cancellationToken)
    {
        var settings = Workloads.ServerSettings();
        foreach (var (key, value) in options.Purge ? Limits.Concat(ShortRetention) : Limits) settings.Add(key, value);
        var clock = Stopwatch.StartNew();
        IServers servers = options.Store == ChaosStore.Postgres
            ? await ClusterServers.StartAsync(ShapeWith(settings), cancellationToken)
            : await EmbeddedServers.StartAsync(Path.Combine(folder, "server"), settings, cancellationToken);
        screen.Line($"Servers     {string.Join(", ", servers.Processes.Select(static process => process.Name))}, ready after {clock.Elapsed.TotalSeconds:n1} s");
        return servers;
    }

    private ClusterShape ShapeWith(IReadOnlyDictionary<string, string> settings) => options.Nodes > 0
        ? new ClusterShape { Silos = 0, Gateways = 0, Nodes = options.Nodes, Settings = settings }
        : new ClusterShape { Silos = options.Silos, Gateways = options.Gateways, Settings = settings };

    private DevicePlace[] Places() =>
    [
        .. Enumerable.Range(0, options.Devices).Select(number =>
        {
            var user = $"user-{number % options.Users + 1}";
            var name = $"{user}.device-{number / options.Users + 1}";
            // The address of its proxy is not known yet.
            return new DevicePlace(name, user, Path.Combine(folder, $"{name}.db"), HistoryOf(name), new Uri("http://127.0.0.1"));
        }),
    ];

    private DeviceHost[] Hosts(DevicePlace[] places, FaultyProxy[] networks, IServers servers, Action<string> twinned)
    {
        var gateways = servers.GatewayPorts.Select(static port => new Uri($"http://127.0.0.1:{port}")).ToArray();
        // Neighbours are of different users, so a process holds one device of each user where there are enough.
        return
        [
            .. places.Select((place, i) => place with { Gateway = new Uri($"http://127.0.0.1:{networks[i].Port}") })
                .Chunk((places.Length + options.Processes - 1) / options.Processes)
                .Select((own, number) => new DeviceHost(number + 1, new DeviceSettings(options.Seed, 0, options.Pause, options.Purge, gateways, own), twinned)),
        ];
    }

    private static UserRecord[] Records(DevicePlace[] places, IReadOnlyDictionary<string, ServerScope> scopes) =>
    [
        .. places.GroupBy(static place => place.User).Select(user => new UserRecord(
            user.Key, [.. user.Select(static place => DeviceRecord.Read(place.Name, place.History))], scopes[user.Key])),
    ];

    private string HistoryOf(string device) => Path.Combine(folder, $"{device}.history.jsonl");
}
