using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OrleansSync.EndToEnd.Tests.GitReplay;
using OrleansSync.Generators;
using OrleansSync.Hosting;

namespace OrleansSync.EndToEnd.Tests.Node;

/// <summary>A device that shares no code with ours: Node's @grpc/grpc-js, written from docs/protocol.md and the .proto files.</summary>
public sealed class NodeClientTests
{
    private const string Folder = "tests/EndToEnd/Node";

    [Fact]
    public async Task A_client_of_another_language_pushes_pulls_and_watches_and_a_duplicate_answers_the_first_outcome()
    {
        using var data = new TempFolder();
        await using var server = await StartServerAsync(data.Of("data"));
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        await Run.InAsync(Folder, "npm", "ci", "--no-progress");

        var lines = (await Run.InAsync(Folder, "node", "client.mjs", address)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(
            [
                "handshake: protocol 1, window of 4",
                "pushed: OUTCOME_KIND_APPLIED at 1",
                "pulled: Fix the pump, 15 minutes",
                "watched: Fix the pump today, and a transaction whole",
                "duplicate: OUTCOME_KIND_APPLIED at 1, still 15 minutes",
                "refused: INVALID_ARGUMENT INVALID_JSON batch.operations[0].changes[0].set",
                "done",
            ],
            lines);
    }

    private static async Task<WebApplication> StartServerAsync(string data)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.AddOrleansSync(sync =>
        {
            sync.UseSqlite(data).ListenOnLoopback(0, 0);
            sync.Entity("tasks").FieldMerge().Counter("minutes");
        });
        var app = builder.Build();
        app.MapOrleansSync();
        await app.StartAsync();
        return app;
    }
}
