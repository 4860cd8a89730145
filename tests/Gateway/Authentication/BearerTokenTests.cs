using System.Security.Cryptography;
using Grpc.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Authentication;

/// <summary>The executable's own authentication: tokens of an authority.</summary>
public sealed class BearerTokenTests : IAsyncLifetime
{
    private const string Audience = "sync";

    private TestAuthority _authority = null!;
    private GatewayServer _server = null!;

    public async Task InitializeAsync()
    {
        _authority = await TestAuthority.StartAsync();
        // Development, because this authority has no certificate.
        _server = await GatewayServer.StartAsync(sync => sync.UseJwtBearer(_authority.Address, Audience, "account"));
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _authority.DisposeAsync();
    }

    [Fact]
    public async Task I9_The_user_is_that_of_the_claim()
    {
        await HandshakeAsync(Token(("sub", "4711"), ("account", "ada")));
        Assert.Single((await _server.Devices.ListDevicesAsync(new ListDevicesRequest(), Bearer(Token(("account", "ada"))))).Devices);
        Assert.Empty((await _server.Devices.ListDevicesAsync(new ListDevicesRequest(), Bearer(Token(("account", "4711"))))).Devices);
    }

    [Fact]
    public Task I9_A_token_that_has_expired_is_refused() =>
        RefusesAsync(_authority.Token(Audience, DateTime.UtcNow.AddMinutes(-2), claims: [("account", "ada")]));

    [Fact]
    public Task I9_A_token_for_another_service_is_refused() =>
        RefusesAsync(_authority.Token("payroll", DateTime.UtcNow.AddHours(1), claims: [("account", "ada")]));

    [Fact]
    public Task I9_A_token_of_another_issuer_is_refused() =>
        RefusesAsync(_authority.Token(Audience, DateTime.UtcNow.AddHours(1), "https://evil.example.com", claims: [("account", "ada")]));

    [Fact]
    public async Task I9_A_token_that_the_authority_has_not_signed_is_refused()
    {
        using var other = RSA.Create(2048);
        await RefusesAsync(_authority.Token(Audience, DateTime.UtcNow.AddHours(1), key: other, claims: [("account", "ada")]));
    }

    [Fact]
    public Task I9_A_token_that_names_no_user_is_refused() => RefusesAsync(Token(("sub", "ada")));

    [Fact]
    public Task I9_A_token_that_names_two_users_is_refused() => RefusesAsync(Token(("account", "ada"), ("account", "bob")));

    [Fact]
    public Task The_tokens_of_Development_are_worth_nothing_beside_an_authority() => RefusesAsync("dev:ada");

    [Fact]
    public Task A_call_without_a_token_is_refused() => StatusAssert.ThrowsAsync(
        StatusCode.Unauthenticated, "TOKEN_MISSING", async () => await _server.Sync.HandshakeAsync(new HandshakeRequest()));

    [Fact]
    public async Task While_the_authority_cannot_be_asked_a_device_is_told_to_come_back_and_not_that_its_token_is_bad()
    {
        var token = Token(("account", "ada"));
        await _authority.StopAsync();
        StatusAssert.TellsWhenToRetry(
            await StatusAssert.ThrowsAsync(StatusCode.Unavailable, "SERVER_UNAVAILABLE", () => HandshakeAsync(token)));
        // The handler of the tokens logs it as an error, which it is.
        _server.TakeErrors();
    }

    private string Token(params (string Type, string Value)[] claims) =>
        _authority.Token(Audience, DateTime.UtcNow.AddHours(1), claims: claims);

    private Task<RpcException> RefusesAsync(string token) =>
        StatusAssert.ThrowsAsync(StatusCode.Unauthenticated, "TOKEN_INVALID", () => HandshakeAsync(token));

    private async Task HandshakeAsync(string token) => await _server.Sync.HandshakeAsync(
        new HandshakeRequest { ProtocolVersion = 1, DeviceId = TestDevice.NewId() }, Bearer(token));

    private static CallOptions Bearer(string token) => new(new Metadata { { "authorization", $"Bearer {token}" } });
}
