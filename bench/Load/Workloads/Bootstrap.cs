using System.Diagnostics;
using System.Globalization;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Devices;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Systems;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>
/// A fresh device pulls a scope. Compared with the slower of what it cannot do without: reading the rows from the server's
/// database over one connection, and writing them into a SQLite file. Neither counts connecting or making tables, so the pull is
/// measured from an open session on; with the handshake it is a figure of its own.
/// </summary>
internal sealed class Bootstrap : IWorkload
{
    // The platform compiles what was called 30 times anew, twice, and in the background. After 50 pulls a server still spends more on that
    // than on the next one.
    private const int WarmUps = 300;

    // A user has 100 devices of the warm-up, or fewer.
    private const int WarmUpUsers = 6;

    public string Name => "bootstrap";

    public string Description => "a fresh device pulls 1,000 to 1,000,000 rows";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        int[] sizes = bench.Size<int[]>([1_000, 10_000, 100_000, 1_000_000], [500, 3_000]);
        await using var database = await bench.StartDatabaseAsync(cancellationToken);
        var scopes = await FillAsync(bench, database, [.. sizes.Select(static rows => ($"bootstrap-{rows}", rows))], cancellationToken);
        var warmUps = await FillAsync(
            bench, database, [.. Enumerable.Range(1, bench.Size(WarmUpUsers, 1)).Select(i => ($"warm-up-{i}", sizes[0]))], cancellationToken);
        await using var product = await database.StartProductAsync(cancellationToken);
        // Compiled code, which takes many calls, and pages of the database in memory; of all that is compared.
        var few = Enumerable.Range(0, bench.Size(WarmUps, 1)).Select(i => warmUps[i % warmUps.Length]);
        foreach (var scope in few.Concat(scopes.Take(3)))
        {
            await ReadAsync(bench, database, scope, cancellationToken);
            await InsertAsync(bench, scope, cancellationToken);
            await WireAsync(bench, product, scope, cancellationToken);
            await FullAsync(bench, product, scope, cancellationToken);
        }

        foreach (var scope in scopes)
        {
            var (read, insert, wire) = (new List<Measurement>(), new List<Measurement>(), new List<Measurement>());
            var (full, withHandshake) = (new List<Measurement>(), new List<Measurement>());
            var rounds = bench.RoundsOf(scope.Rows);
            for (var round = 0; round < rounds; round++)
            {
                read.Add(await ReadAsync(bench, database, scope, cancellationToken));
                insert.Add(await InsertAsync(bench, scope, cancellationToken));
                wire.Add(await WireAsync(bench, product, scope, cancellationToken));
                var (pull, whole) = await FullAsync(bench, product, scope, cancellationToken);
                full.Add(pull);
                withHandshake.Add(whole);
            }

            var (reading, inserting) = (Measurement.Total(read), Measurement.Total(insert));
            var floor = reading.PerS < inserting.PerS ? reading : inserting;
            bench.Results.Add(reading);
            bench.Results.Add(inserting);
            bench.Results.Add(Measurement.Total(wire).Against(floor));
            bench.Results.Add(Measurement.Total(full).Against(floor));
            bench.Results.Add(Measurement.Total(withHandshake).Against(floor));
        }

        await ResumeAsync(bench, product, scopes[^1], cancellationToken);
    }

    private static async Task<Scope[]> FillAsync(
        Workbench bench, BenchDatabase database, (string User, int Rows)[] wanted, CancellationToken cancellationToken)
    {
        var store = database.OpenStore();
        await using var closing = (IAsyncDisposable)store;
        var scopes = new List<Scope>();
        foreach (var (user, rows) in wanted)
        {
            bench.Results.Note($"filling a scope of {rows:N0} rows");
            var seeder = new Seeder(user, rows);
            await seeder.FillAsync(store, rows, cancellationToken);
            scopes.Add(new Scope(user, rows, seeder));
        }

        return [.. scopes];
    }

    private static Task<Measurement> ReadAsync(
        Workbench bench, BenchDatabase database, Scope scope, CancellationToken cancellationToken) =>
        bench.MeasureAsync(
            scope.Figure("floor read"),
            database.Processes,
            async () => Check.Equal(scope.Rows, await database.ReadScopeAsync(scope.User, cancellationToken), "Rows read from the database"));

    private static async Task<Measurement> InsertAsync(Workbench bench, Scope scope, CancellationToken cancellationToken)
    {
        var folder = bench.NewFolder();
        var elapsed = TimeSpan.Zero;
        var insert = await bench.MeasureAsync(
            scope.Figure("floor insert"),
            [],
            () => Task.Run(() => elapsed = RawSqlite.Insert(Path.Combine(folder, "raw.db"), scope.Seeder, (int)scope.Rows), cancellationToken));
        Directory.Delete(folder, recursive: true);
        return insert with { Seconds = Math.Round(elapsed.TotalSeconds, 4) };
    }

    private static async Task<Measurement> WireAsync(
        Workbench bench, Product product, Scope scope, CancellationToken cancellationToken)
    {
        using var channel = Channels.Open(product.Address);
        var device = new WireDevice(channel, scope.User);
        await device.OpenAsync(cancellationToken);
        var rows = 0L;
        Page? last = null;
        var measured = await bench.MeasureAsync(
            scope.Figure(Clients.Wire),
            product.Processes,
            () => device.PullAsync(
                new Cursor(),
                page =>
                {
                    rows += page.Rows.Count;
                    last = page;
                },
                cancellationToken));
        Check.Equal(scope.Rows, rows, $"Rows of {scope.User}");
        var digest = last!.Digests.Single(static one => one.Type == Note.Type);
        Check.Equal(scope.Digest, Convert.ToHexStringLower(digest.Digest.Span), $"Digest of {scope.User}");
        return measured;
    }

    private static async Task<(Measurement Pull, Measurement WithHandshake)> FullAsync(
        Workbench bench, Product product, Scope scope, CancellationToken cancellationToken)
    {
        var folder = bench.NewFolder();
        var (started, opened) = (0L, 0L);
        var log = new LogTap(LogTap.HandshakeDone, _ => opened = Stopwatch.GetTimestamp());
        await using var device = await FullDevice.OpenAsync(
            Path.Combine(folder, "device.db"), product.Address, scope.User, autoSync: false, cancellationToken, log);
        var whole = await bench.MeasureAsync(
            scope.Figure(Clients.Full),
            product.Processes,
            () =>
            {
                started = Stopwatch.GetTimestamp();
                return device.Store.SyncNowAsync(cancellationToken);
            });
        var handshake = Stopwatch.GetElapsedTime(started, opened).TotalSeconds;
        if (handshake <= 0 || handshake >= whole.Seconds) throw new BenchException($"A sync of {whole.Seconds} s told of a handshake after {handshake} s.");
        await CheckAsync(device, scope, cancellationToken);
        await device.DisposeAsync();
        var bytes = Directory.GetFiles(folder).Sum(static file => new FileInfo(file).Length);
        Directory.Delete(folder, recursive: true);
        var more = new Dictionary<string, double> { ["bytes_per_row"] = Math.Round((double)bytes / scope.Rows, 1) };
        return (
            whole with { Seconds = Math.Round(whole.Seconds - handshake, 4), More = more },
            whole with { Case = $"{whole.Case} with handshake" });
    }

    /// <summary>Stopped about half way and opened again, a device goes on where it stopped.</summary>
    private static async Task ResumeAsync(Workbench bench, Product product, Scope scope, CancellationToken cancellationToken)
    {
        var folder = bench.NewFolder();
        var file = Path.Combine(folder, "device.db");
        var first = new PulledRows();
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            first.OnRows = rows =>
            {
                if (rows >= scope.Rows / 2) stop.Cancel();
            };
            await using var device = await FullDevice.OpenAsync(file, product.Address, scope.User, false, cancellationToken, first.Log);
            try
            {
                await device.Store.SyncNowAsync(stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // As meant.
            }
        }

        var second = new PulledRows();
        await using var resumed = await FullDevice.OpenAsync(file, product.Address, scope.User, false, cancellationToken, second.Log);
        await resumed.Store.SyncNowAsync(cancellationToken);
        await CheckAsync(resumed, scope, cancellationToken);
        if (first.Rows == 0 || first.Rows + second.Rows >= scope.Rows * 3 / 2)
            throw new BenchException($"Of {scope.Rows:N0} rows {first.Rows:N0} came before the stop and {second.Rows:N0} after it.");
        bench.Results.Note($"stopped after {first.Rows:N0} rows and opened again: {second.Rows:N0} more came, all {scope.Rows:N0} are there");
        await resumed.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task CheckAsync(FullDevice device, Scope scope, CancellationToken cancellationToken)
    {
        Check.Equal(scope.Rows, await device.Notes.CountAsync(cancellationToken), $"Notes on a device of {scope.User}");
        Check.Equal(scope.Digest, await device.Store.DigestAsync(cancellationToken: cancellationToken), $"Digest of a device of {scope.User}");
    }

    private sealed record Scope(string User, long Rows, Seeder Seeder)
    {
        public string Digest => Seeder.Digest.ToString("x32", CultureInfo.InvariantCulture);

        public Figure Figure(string client) => client.Split(' ') is [var kind, var part]
            ? new("bootstrap", $"{Rows} {part}", kind, 1, Rows)
            : new("bootstrap", $"{Rows}", client, 1, Rows);
    }
}
