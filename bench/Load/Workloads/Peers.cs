using System.Text.Json;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Systems;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>
/// Other products with the same kind of writes, on the same machine. They promise less: neither waits for a disk, and they are
/// not on the store that the product is on.
/// </summary>
internal sealed class Peers : IWorkload
{
    private static readonly (string Product, string Store)[] Products = [("pouchdb", "leveldb"), ("hocuspocus", "memory")];

    public string Name => "peers";

    public string Description => "PouchDB and Hocuspocus: 1 and 8 devices with 1,000 writes each, where Node is there";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        if (!PeerProcess.IsAvailable)
        {
            bench.Results.Note("Left out: there is no node and npm on the path.");
            return;
        }

        var scripts = bench.NewFolder();
        Copy(Path.Combine(AppContext.BaseDirectory, "Peers"), scripts);
        foreach (var (product, store) in Products)
        {
            var folder = Path.Combine(scripts, product);
            await PeerProcess.InstallAsync(folder, cancellationToken);
            foreach (var (devices, operations) in bench.Size<(int, int)[]>([(1, 1_000), (8, 1_000)], [(1, 100), (4, 100)]))
            {
                var measured = await MeasureAsync(bench, product, folder, devices, operations, cancellationToken);
                bench.Results.Add(measured with { Store = store });
            }
        }
    }

    private static async Task<Measurement> MeasureAsync(
        Workbench bench, string product, string folder, int devices, int operations, CancellationToken cancellationToken)
    {
        var data = bench.NewFolder();
        await using var server = PeerProcess.Start(folder, "server.mjs", data);
        var port = await server.ReadAsync("Ready", cancellationToken);
        await using var client = PeerProcess.Start(folder, "client.mjs", port, data, $"{devices}", $"{operations}");
        await client.ReadAsync("Prepared", cancellationToken);
        var figure = new Figure("peers", $"{product} {devices} x {operations}", Clients.Peer, devices, (long)devices * operations);
        var result = "";
        var measured = await bench.MeasureAsync(
            figure,
            [server.Measured("server"), client.Measured("client")],
            async () =>
            {
                await client.GoOnAsync(cancellationToken);
                result = "{" + await client.ReadAsync("{", cancellationToken);
            });
        await client.GoOnAsync(cancellationToken);
        await client.ReadAsync("Verified", cancellationToken);

        // Its own clock: this process's includes the pipes between them.
        using var line = JsonDocument.Parse(result);
        Check.Equal(figure.Operations, line.RootElement.GetProperty("operations").GetInt64(), $"Operations of {product}");
        return measured with
        {
            Seconds = Math.Round(line.RootElement.GetProperty("seconds").GetDouble(), 4),
            More = new Dictionary<string, double> { ["sent"] = line.RootElement.GetProperty("sent").GetInt64() },
        };
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
