using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;
using OrleansSync.Silo.Configuration;

namespace OrleansSync.Gateway.Authentication;

/// <summary>Finds the caller of a request with the configured scheme.</summary>
internal sealed class UserAuthentication(ServerSettings settings, IServiceProvider services, ILogger<UserAuthentication> logger)
{
    private readonly string? _scheme = settings.Authentication switch
    {
        { IsJwt: true } => BearerTokens.SchemeName,
        { IsDevelopment: true } => DevelopmentAuthentication.SchemeName,
        // The host's default.
        _ => null,
    };

    private readonly string _claim = settings.Authentication.UserClaim ?? AuthenticationSettings.DefaultUserClaim;

    /// <exception cref="Grpc.Core.RpcException">UNAUTHENTICATED, with its reason; UNAVAILABLE where nobody can tell now.</exception>
    public async Task<Caller> AuthenticateAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(_scheme);
        if (result.Succeeded)
        {
            var caller = Caller.From(result.Principal, _claim)
                ?? throw SyncErrors.TokenInvalid($"The token must name the user in exactly one claim {_claim}. {UserId.Rule}");
            return caller with { IsOperator = IsOperator(result.Principal) };
        }

        if (result.None) throw SyncErrors.TokenMissing();
        if (_scheme == BearerTokens.SchemeName) await ThrowIfNobodyCanTellAsync(context.RequestAborted);
        throw SyncErrors.TokenInvalid(result.Failure is TokenRefusedException refused
            ? refused.Message
            : "The token was refused: expired, or not for this server. Get a new one.");
    }

    private bool IsOperator(ClaimsPrincipal principal) =>
        settings.Operators.IsOn && principal.HasClaim(settings.Operators.Claim!, settings.Operators.Value!);

    // Without the authority's keys every token is refused. A good one must not be thrown away for that.
    private async Task ThrowIfNobodyCanTellAsync(CancellationToken cancellationToken)
    {
        try
        {
            await BearerTokens.FetchKeysAsync(services, cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or HttpRequestException)
        {
            Log.AuthorityUnreachable(logger, exception);
            throw SyncErrors.Unavailable(SyncErrors.RetryAfterFault);
        }
    }
}

internal static class UserAuthenticationExtensions
{
    public static void AddUserAuthentication(this IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton<UserAuthentication>();
        // Not AddAuthentication: that brings data protection along, which writes keys into the user's home folder.
        services.AddAuthenticationCore();
        services.AddAuthorization();
        if (settings.Authentication.IsJwt)
        {
            BearerTokens.Add(services, settings.Authentication);
        }
        else if (settings.Authentication.IsDevelopment)
        {
            services.AddWebEncoders();
            services.AddTransient<DevelopmentAuthentication>();
            services.Configure<AuthenticationOptions>(static schemes =>
                schemes.AddScheme<DevelopmentAuthentication>(DevelopmentAuthentication.SchemeName, displayName: null));
        }
        else
        {
            services.AddHostedService<SchemeCheck>();
        }
    }

    /// <summary>Stops a start that could only answer every call with a refusal.</summary>
    private sealed class SchemeCheck(IAuthenticationSchemeProvider schemes, ServerSettings settings) : IHostedLifecycleService
    {
        public async Task StartingAsync(CancellationToken cancellationToken)
        {
            if (await schemes.GetDefaultAuthenticateSchemeAsync() is not null) return;
            var faults = new Faults();
            const string key = $"{ConfigurationReader.Section}:Authentication";
            faults.Add($"{key}:UserClaim", settings.Authentication.UserClaim,
                $"there is no authentication scheme to take the claim from. Name {key}:Authority and {key}:Audience for bearer "
                + "tokens; in a program of your own, any scheme of ASP.NET Core that is registered as the default does as well.");
            faults.ThrowIfAny();
        }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
