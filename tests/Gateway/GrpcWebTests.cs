using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests;

/// <summary>Everything but the push stream works over HTTP/1.1, as from a browser.</summary>
public sealed class GrpcWebTests : IAsyncLifetime
{
    private const string Page = "https://app.example.com";

    private GatewayServer _server = null!;
    private GrpcChannel _channel = null!;
    private Sync.SyncClient _sync = null!;

    public async Task InitializeAsync()
    {
        _server = await GatewayServer.StartAsync(static sync => sync.AllowOrigins(Page));
        _channel = GrpcChannel.ForAddress(_server.Http, new GrpcChannelOptions
        {
            HttpHandler = new GrpcWebHandler(GrpcWebMode.GrpcWebText, new HttpClientHandler()),
            HttpVersion = new Version(1, 1),
        });
        _sync = new Sync.SyncClient(_channel);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_page_shakes_hands_pushes_pulls_and_watches()
    {
        var page = await TestDevice.OpenAsync(_sync, "ada");
        var phone = await TestDevice.OpenAsync(_server, "ada");
        using var watch = new WatchReader(page.Watch());
        await watch.NextAsync();

        var request = new PushUnaryRequest
        {
            Session = page.Session,
            Batch = TestDevice.Batch(page.Create("notes", "1", TestDevice.Set("text", "\"from a page\""))),
        };
        var acknowledgement = (await _sync.PushUnaryAsync(request, page.Options())).Acknowledgement;

        Assert.Equal(OutcomeKind.Applied, Assert.Single(acknowledgement.Outcomes).Kind);
        Assert.Equal("1", Assert.Single((await watch.NextAsync()).Rows).EntityId);
        Assert.Equal("\"from a page\"", Pulled.Value((await page.PullAsync()).Row("notes", "1"), "text"));
        await phone.PushAsync(phone.Update("notes", "1", TestDevice.Set("text", "\"from a phone\"")));
        Assert.Equal("\"from a phone\"", Pulled.Value(Assert.Single((await watch.NextAsync()).Rows), "text"));
    }

    [Fact]
    public async Task An_error_has_its_details()
    {
        var page = await TestDevice.OpenAsync(_sync, "bob");
        await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "MISSING", async () =>
            await _sync.PushUnaryAsync(new PushUnaryRequest { Session = page.Session }, page.Options()));
    }

    [Theory]
    [InlineData(Page, true)]
    [InlineData("https://evil.example.com", false)]
    public async Task Only_pages_of_a_declared_origin_may_call(string origin, bool allowed)
    {
        using var http = new HttpClient();
        using var preflight = new HttpRequestMessage(HttpMethod.Options, new Uri(_server.Http, "/orleanssync.v1.Sync/Handshake"));
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,x-grpc-web");
        using var answer = await http.SendAsync(preflight);
        Assert.Equal(allowed, answer.Headers.Contains("Access-Control-Allow-Origin"));
    }
}
