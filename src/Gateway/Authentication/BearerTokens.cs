using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansSync.Silo.Configuration;

namespace OrleansSync.Gateway.Authentication;

/// <summary>Tokens that an OpenID Connect authority has signed (JWT).</summary>
internal static class BearerTokens
{
    public const string SchemeName = "OrleansSyncBearer";

    /// <summary>How far the clocks of the authority and of this machine may be apart; a token is good for so much longer.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>Somebody waits for an answer; one who is told to come back is served by the next try.</summary>
    private static readonly TimeSpan BackchannelTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Registers the scheme under its own name; the host's default, if there is one, stays what it is.</summary>
    public static void Add(IServiceCollection services, AuthenticationSettings settings)
    {
        services.AddWebEncoders();
        services.AddTransient<JwtBearerHandler>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<JwtBearerOptions>, JwtBearerPostConfigureOptions>());
        services.Configure<AuthenticationOptions>(static schemes => schemes.AddScheme<JwtBearerHandler>(SchemeName, displayName: null));
        services.Configure<JwtBearerOptions>(SchemeName, bearer =>
        {
            bearer.Authority = settings.Authority;
            bearer.Audience = settings.Audience;
            // The settings were checked: http is an authority on this machine, in Development.
            bearer.RequireHttpsMetadata = settings.Authority!.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
            // A claim is looked for under the name that the token gives it.
            bearer.MapInboundClaims = false;
            bearer.BackchannelTimeout = BackchannelTimeout;
            bearer.TokenValidationParameters.ClockSkew = ClockSkew;
        });
    }

    /// <summary>The keys that are kept, or have just been fetched.</summary>
    /// <exception cref="InvalidOperationException">The authority does not tell them.</exception>
    public static Task FetchKeysAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        services.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get(SchemeName).ConfigurationManager!
            .GetConfigurationAsync(cancellationToken);
}
