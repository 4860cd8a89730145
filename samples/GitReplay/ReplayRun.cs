using System.Diagnostics;
using OrleansSync.Backends;
using OrleansSync.Samples.GitReplay.Checking;
using OrleansSync.Samples.GitReplay.Generating;
using OrleansSync.Samples.GitReplay.Git;
using OrleansSync.Samples.GitReplay.Replaying;

namespace OrleansSync.Samples.GitReplay;

/// <summary>One run: the repository, the backend, the devices, the replay, and the comparison with git.</summary>
internal sealed class ReplayRun(ReplayOptions options, string folder, ReplayScreen screen)
{
    // What a gateway that somebody else started infers from the operations: Development accepts undeclared types.
    private static readonly Dictionary<string, string> Schema = new()
    {
        [$"Entities:{FileRow.Type}:Policy"] = "FieldMerge",
        [$"Entities:{ChurnRow.Type}:Fields:{ChurnRow.AddedField}"] = "Counter",
        [$"Entities:{ChurnRow.Type}:Fields:{ChurnRow.RemovedField}"] = "Counter",
    };

    /// <summary>True: everything is as git says.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var repository = await OpenRepositoryAsync(cancellationToken);
        screen.Line($"Repository  {repository.Folder}, HEAD {repository.Head}, {repository.Commits:n0} first-parent commits");
        var totals = await LineTotalsAsync(repository, cancellationToken);

        await using var backend = options.Gateway is null ? await StartBackendAsync(cancellationToken) : null;
        await using var killer = options.KillServer > 0
            ? new ServerKiller(backend!, options.KillServer, repository.Commits, options.Seed)
            : null;
        await using var devices = new DeviceSet(folder, options.Gateway is { } gateway ? [gateway] : backend!.Addresses);
        for (var number = 1; number <= options.Devices; number++) await devices.OpenAsync($"device-{number}", cancellationToken);
        screen.Line($"Devices     {options.Devices}, of user {devices.User}, at {string.Join(" and ", devices.Gateways)}");
        // Where nobody answers now, waiting would not help; later it may.
        await devices.All[0].Store.SyncNowAsync(cancellationToken);

        var sync = new PatientSync();
        var schedule = new OfflineSchedule(options.Devices, options.Offline, options.Seed);
        var replayer = new Replayer(repository, [.. devices.All], schedule, sync, killer);
        var report = new ReplayReport(screen, options, repository, replayer);
        var clock = Stopwatch.StartNew();
        await screen.ProgressAsync(
            "Replaying", repository.Commits, progress => replayer.RunAsync(totals is not null, progress, cancellationToken));
        var took = clock.Elapsed;
        clock.Restart();
        await replayer.SettleAsync(cancellationToken);
        report.Replayed(took, clock.Elapsed, schedule, sync, killer);

        clock.Restart();
        var others = devices.All.ToArray();
        var fresh = await devices.OpenAsync("fresh device", cancellationToken);
        await sync.SyncAsync(fresh, cancellationToken);
        var result = await ResultOf(fresh, cancellationToken);
        report.Bootstrapped(result, clock.Elapsed);

        var differences = new List<Differences> { replayer.Surprises };
        if (replayer.Tally.OfflineCommits == 0)
            differences.Add(await GitOracle.FilesAsync(fresh, await repository.TreeAsync(cancellationToken), cancellationToken));
        if (totals is not null) differences.Add(await GitOracle.CountersAsync(fresh, totals, cancellationToken));
        foreach (var device in others) differences.Add(await Convergence.CompareAsync(fresh, device, cancellationToken));
        return report.End(differences, result, counted: totals is not null);
    }

    private static async Task<ReplayResult> ResultOf(ReplayDevice device, CancellationToken cancellationToken) => new(
        await device.Files.CountAsync(cancellationToken),
        await device.Churn.CountAsync(cancellationToken),
        await device.Store.DigestAsync(null, cancellationToken));

    private async Task<GitRepository> OpenRepositoryAsync(CancellationToken cancellationToken)
    {
        var path = options.Repository ?? Path.Combine(folder, "repository.git");
        if (options.Generate is { } commits)
        {
            screen.Line($"Generating  {commits:n0} commits from seed {options.Seed}");
            await HistoryGenerator.CreateAsync(options.Git, path, commits, options.Seed, cancellationToken);
        }
        return await GitRepository.OpenAsync(options.Git, path, cancellationToken);
    }

    /// <summary>The oracle of the counters; <c>null</c> where the blobs it would count in are not in this clone.</summary>
    private async Task<Dictionary<string, LineTotal>?> LineTotalsAsync(GitRepository repository, CancellationToken cancellationToken)
    {
        try
        {
            return await repository.LineTotalsAsync(cancellationToken);
        }
        catch (GitException)
        {
            var missing = await repository.MissingObjectsAsync(cancellationToken);
            if (missing == 0) throw;
            screen.Line($"Counters    none: {missing:n0} old objects are not in this (partial) clone, so git cannot count lines");
            return null;
        }
    }

    private async Task<IBackend> StartBackendAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var backend = await Backend.StartAsync(options.Store, Path.Combine(folder, "server"), Schema, cancellationToken);
        screen.Line($"Backend     {backend.Description}, ready after {clock.Elapsed.TotalSeconds:n1} s");
        return backend;
    }
}
