using OrleansSync.Backends.Postgres;
using OrleansSync.Storage.Tests.Support;
using OrleansSync.Storage.Writer;

namespace OrleansSync.Storage.Tests.Postgres;

public sealed class PostgresDurabilityTests
{
    [Theory]
    [InlineData(20260102)]
    public async Task I1_Every_acknowledged_commit_survives_a_crash_of_the_database_or_of_the_writer(int seed)
    {
        const int Crashes = 8;
        var random = new Random(seed);
        await using var server = await PostgresServer.StartAsync(CancellationToken.None);
        await using var database = await PostgresDatabase.CreateOnAsync(server);
        await using var folder = new PostgresFolder(database);
        var acknowledged = new long[Workload.Scopes];
        var unseen = 0;
        for (var crash = 1; crash <= Crashes; crash++)
        {
            var left = random.Next(1, 200);
            var ofDatabase = crash % 2 == 0;
            var pending = new bool[Workload.Scopes];
            Task? stop = null;
            await WriterProcess.RunAsync(WriterProcess.On(folder.Options.ConnectionString), (what, scope, sequence) =>
            {
                if (what == "committed")
                {
                    Assert.Equal(acknowledged[scope] + 1, sequence);
                    acknowledged[scope] = sequence;
                }
                else if (what == "unknown")
                {
                    pending[scope] = true;
                    unseen++;
                }

                if (--left > 0) return true;
                if (!ofDatabase) return false;
                stop ??= server.StopAsync(crash: true);
                return true;
            });
            if (stop is not null)
            {
                await stop;
                await server.StartAgainAsync(CancellationToken.None);
            }

            await using var store = folder.Open();
            for (var scope = 0; scope < Workload.Scopes; scope++)
            {
                // A writer that was killed had not heard of its last commit; one whose database crashed says which it did not.
                var most = ofDatabase && !pending[scope] ? acknowledged[scope] : acknowledged[scope] + 1;
                acknowledged[scope] = await WorkloadCheck.VerifyAsync(store, scope, acknowledged[scope], most);
            }
        }

        Assert.True(acknowledged.Sum() > Crashes, "Nothing was written.");
        Assert.True(unseen > 0, "No commit's end was lost with the database.");
        Assert.Empty(folder.Complaints);
    }
}
