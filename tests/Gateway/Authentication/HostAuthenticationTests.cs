using System.Security.Claims;
using System.Text.Encodings.Web;
using Grpc.Core;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Authentication;

/// <summary>Outside Development the host says who calls: with any scheme of ASP.NET Core, and the name of a claim.</summary>
public sealed class HostAuthenticationTests : IAsyncLifetime
{
    private GatewayServer _server = null!;

    public async Task InitializeAsync() => _server = await GatewayServer.StartAsync(
        static sync => sync.UserClaim("account").Entity("notes"),
        static host => host.Services.AddAuthentication("claims").AddScheme<AuthenticationSchemeOptions, ClaimsInHeader>("claims", null),
        environment: "Production");

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task The_user_is_that_of_the_claim()
    {
        var ada = await HandshakeAsync("account=ada,role=admin");
        Assert.Equal(16, ada.SessionToken.Length);
        var devices = await _server.Devices.ListDevicesAsync(new ListDevicesRequest(), Headers("account=ada"));
        Assert.Single(devices.Devices);
        devices = await _server.Devices.ListDevicesAsync(new ListDevicesRequest(), Headers("account=bob"));
        Assert.Empty(devices.Devices);
    }

    [Theory]
    [InlineData("role=admin")]
    [InlineData("account=")]
    [InlineData("account=ada,account=bob")]
    [InlineData("refused")]
    public Task I9_A_token_that_does_not_name_one_user_is_refused(string token) =>
        StatusAssert.ThrowsAsync(StatusCode.Unauthenticated, "TOKEN_INVALID", () => HandshakeAsync(token));

    [Fact]
    public Task A_call_without_a_token_is_refused() => StatusAssert.ThrowsAsync(
        StatusCode.Unauthenticated, "TOKEN_MISSING", async () => await _server.Sync.HandshakeAsync(new HandshakeRequest()));

    [Fact]
    public Task The_tokens_of_Development_are_worth_nothing() =>
        StatusAssert.ThrowsAsync(StatusCode.Unauthenticated, "TOKEN_INVALID", () => HandshakeAsync("Bearer dev:ada"));

    private async Task<HandshakeResponse> HandshakeAsync(string token) => await _server.Sync.HandshakeAsync(
        new HandshakeRequest { ProtocolVersion = 1, DeviceId = TestDevice.NewId() }, Headers(token));

    private static CallOptions Headers(string token) => new(new Metadata { { "authorization", token } });

    /// <summary>The header lists the claims; anything else is no token.</summary>
    private sealed class ClaimsInHeader(
        IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var header = Request.Headers.Authorization.ToString();
            if (header.Length == 0) return Task.FromResult(AuthenticateResult.NoResult());
            if (!header.Contains('=', StringComparison.Ordinal)) return Task.FromResult(AuthenticateResult.Fail("no claims"));
            var claims = header.Split(',').Select(static pair => pair.Split('=', 2)).Select(static pair => new Claim(pair[0], pair[1]));
            var principal = new ClaimsPrincipal(new ClaimsIdentity(claims, "claims"));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, "claims")));
        }
    }
}
