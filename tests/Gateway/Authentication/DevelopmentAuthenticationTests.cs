using System.Net;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansSync.Gateway.Authentication;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Tests.Authentication;

public sealed class DevelopmentAuthenticationTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("::1")]
    public async Task A_caller_on_the_same_machine_is_believed(string address)
    {
        var result = await AuthenticateAsync(IPAddress.Parse(address), "Bearer dev:ada");
        Assert.Equal("ada", Caller.From(result.Principal!, DevelopmentAuthentication.UserClaim)?.User);
    }

    [Theory]
    [InlineData("10.0.0.5")]
    [InlineData("192.168.1.9")]
    [InlineData("2001:db8::1")]
    [InlineData(null)]
    public async Task I9_A_caller_from_elsewhere_is_not(string? address)
    {
        var result = await AuthenticateAsync(address is null ? null : IPAddress.Parse(address), "Bearer dev:ada");
        Assert.False(result.Succeeded);
        Assert.Contains("own machine", result.Failure!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("Ada Lovelace, née Byron", true)]
    [InlineData("😀", true)]
    [InlineData("", false)]
    [InlineData("a\tb", false)]
    [InlineData("a\u001fb", false)]
    public void An_id_of_a_user_is_proper_text(string user, bool good) => Assert.Equal(good, UserId.IsValid(user));

    [Fact]
    public void An_id_of_a_user_has_no_half_of_a_surrogate_pair()
    {
        Assert.False(UserId.IsValid("\ud800"));
        Assert.False(UserId.IsValid("\udc00\ud800"));
    }

    [Fact]
    public void An_id_of_a_user_has_at_most_128_characters()
    {
        Assert.True(UserId.IsValid(new string('u', 128)));
        Assert.False(UserId.IsValid(new string('u', 129)));
    }

    private static async Task<AuthenticateResult> AuthenticateAsync(IPAddress? address, string authorization)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = address;
        context.Request.Headers.Authorization = authorization;
        var handler = new DevelopmentAuthentication(new Options(), NullLoggerFactory.Instance, UrlEncoder.Default);
        await handler.InitializeAsync(new AuthenticationScheme("test", null, typeof(DevelopmentAuthentication)), context);
        return await handler.AuthenticateAsync();
    }

    private sealed class Options : IOptionsMonitor<AuthenticationSchemeOptions>
    {
        public AuthenticationSchemeOptions CurrentValue { get; } = new();

        public AuthenticationSchemeOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<AuthenticationSchemeOptions, string?> listener) => null;
    }
}
