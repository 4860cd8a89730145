using OrleansSync.Bench.Load.Data;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>
/// What an operation costs in a scope of few and of many entities, and among many scopes: it must not depend on how much is
/// there. Each size has a backend of its own, all of them at once, and they take turns: what a machine does in one minute is not
/// what it does in the next, and filling a scope takes one.
/// </summary>
internal sealed class Growth : IWorkload
{
    public string Name => "growth";

    public string Description => "cost of an operation at 10,000 to 1,000,000 entities in one scope, and at 10,000 scopes";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var sites = new List<GrowthSite>();
        try
        {
            foreach (var size in bench.Size<int[]>([10_000, 100_000, 1_000_000], [500]))
            {
                bench.Results.Note($"filling a scope of {size:N0} entities");
                sites.Add(await GrowthSite.StartAsync(bench, $"{size}", [new Seeder("growth", owner: 1)], size, cancellationToken));
            }

            var (scopes, entities) = (bench.Size(10_000, 20), bench.Size(100, 20));
            bench.Results.Note($"filling {scopes:N0} scopes of {entities} entities");
            Seeder[] many = [.. Enumerable.Range(0, scopes).Select(static scope => new Seeder($"growth-{scope}", scope))];
            sites.Add(await GrowthSite.StartAsync(bench, $"{scopes} scopes", many, entities, cancellationToken));

            for (var round = 0; round < GrowthSite.RoundsOf(bench); round++)
            {
                foreach (var site in sites) await site.MeasureAsync(round, cancellationToken);
            }

            var (pushes, pulls) = (new GrowthCosts(), new GrowthCosts());
            foreach (var site in sites)
            {
                bench.Results.Add(pushes.Compare(site.Pushed));
                bench.Results.Add(pulls.Compare(site.Pulled));
            }
        }
        finally
        {
            await Task.WhenAll(sites.Select(static site => site.DisposeAsync().AsTask()));
        }
    }
}
