using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Client;
using OrleansSync.EndToEnd.Tests.GitReplay;
using OrleansSync.Samples.Backend;

namespace OrleansSync.EndToEnd.Tests.Backend;

/// <summary>samples/Backend with a device that watches.</summary>
public sealed class TaskServerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly HttpClient _http = new();
    private WebApplication _server = null!;
    private Uri _grpc = null!;

    public async Task InitializeAsync()
    {
        _server = TaskServer.Build(
        [
            "--environment", "Development", "--Logging:LogLevel:Default", "Error", "--OrleansSync:Storage:Path", _folder.Of("server"),
            "--OrleansSync:Ports:Grpc", "0", "--OrleansSync:Ports:Http", "0",
        ]);
        await _server.StartAsync();
        var addresses = _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        (_grpc, _http.BaseAddress) = (new Uri(addresses[0]), new Uri(addresses[1]));
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.StopAsync();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task I2_R44_A_task_posted_twice_with_one_key_appears_once_on_a_device_that_watches_and_counts_once()
    {
        using var timeout = new CancellationTokenSource(Patience);
        await using var store = await SyncStore.OpenAsync(new SyncStoreOptions
        {
            DatabasePath = _folder.Of("phone.db"),
            Gateway = _grpc,
            Credentials = new OneToken("dev:ada"),
            DeviceName = "phone",
        });
        await store.SyncNowAsync(timeout.Token);
        var task = new NewTask("Fix pump", 15);

        var first = await PostAsync("order-7", task);
        var again = await PostAsync("order-7", task);
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, again.StatusCode));
        var written = await first.Content.ReadFromJsonAsync<WrittenTask>(timeout.Token);
        Assert.Equal(written, await again.Content.ReadFromJsonAsync<WrittenTask>(timeout.Token));

        // The device is told; nobody asks it to sync.
        await foreach (var snapshot in store.Collection("tasks").Query().LiveAsync(timeout.Token))
        {
            if (snapshot.Items.Count > 0) break;
        }

        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PostAsync("order-7", task with { Minutes = 16 })).StatusCode);
        await PostAsync("order-8", new NewTask("Order valves"));
        await store.SyncNowAsync(timeout.Token);
        Assert.Equal(2, await store.Collection("tasks").CountAsync());
        var pump = (await store.Collection("tasks").FindAsync("order-7"))!.Fields;
        Assert.Equal(("Fix pump", 15), ((string?)pump["title"], (int)pump["minutes"]!));

        var changes = await ChangesAsync("");
        Assert.Equal(["order-7", "order-8"], changes.Tasks);
        await store.Collection("tasks").DeleteAsync("order-7", timeout.Token);
        await store.SyncNowAsync(timeout.Token);
        Assert.Equal(["-order-7"], (await ChangesAsync(changes.Next)).Tasks);
    }

    [Theory]
    [InlineData("Bearer dev:ada", "", HttpStatusCode.BadRequest)]
    [InlineData("Bearer dev:ada", "a\tb", HttpStatusCode.BadRequest)]
    [InlineData("Bearer nobody", "k", HttpStatusCode.Unauthorized)]
    [InlineData(null, "k", HttpStatusCode.Unauthorized)]
    public async Task R44_A_request_that_cannot_be_served_says_why(string? token, string key, HttpStatusCode status) =>
        Assert.Equal(status, (await PostAsync(key, new NewTask("x"), token)).StatusCode);

    private async Task<HttpResponseMessage> PostAsync(string key, NewTask task, string? token = "Bearer dev:ada")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks") { Content = JsonContent.Create(task) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", token);
        return await _http.SendAsync(request);
    }

    private async Task<TaskChanges> ChangesAsync(string from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/tasks/changes?from={from}");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer dev:ada");
        var response = await _http.SendAsync(request);
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<TaskChanges>())!;
    }

    private sealed class OneToken(string token) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) =>
            new(refused is null ? token : null);
    }
}
