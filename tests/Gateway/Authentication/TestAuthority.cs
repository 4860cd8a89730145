using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace OrleansSync.Gateway.Tests.Authentication;

/// <summary>An OpenID Connect authority on the loopback: it tells its keys, and signs what a test wants.</summary>
public sealed class TestAuthority : IAsyncDisposable
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly WebApplication _app;

    private TestAuthority(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    public static async Task<TestAuthority> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var authority = new TestAuthority(app);
        app.MapGet(
            "/.well-known/openid-configuration",
            () => Results.Json(new { issuer = authority.Address, jwks_uri = $"{authority.Address}/keys" }));
        app.MapGet("/keys", () => Results.Text(authority.Keys(), "application/json"));
        await app.StartAsync();
        authority.Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return authority;
    }

    public string Token(
        string audience, DateTime expires, string? issuer = null, RSA? key = null, params IEnumerable<(string Type, string Value)> claims) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Address,
            Audience = audience,
            NotBefore = expires.AddHours(-2),
            Expires = expires,
            Subject = new ClaimsIdentity(claims.Select(static claim => new Claim(claim.Type, claim.Value))),
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(key ?? _rsa) { KeyId = "1" }, SecurityAlgorithms.RsaSha256),
        });

    /// <summary>From now on nobody answers at its address.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsa.Dispose();
    }

    private string Keys()
    {
        var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(_rsa.ExportParameters(false)) { KeyId = "1" });
        var published = new { kty = key.Kty, kid = key.KeyId, n = key.N, e = key.E, use = "sig", alg = "RS256" };
        return JsonSerializer.Serialize(new { keys = new[] { published } });
    }
}
