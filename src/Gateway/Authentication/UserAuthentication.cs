using Microsoft.AspNetCore.Authentication;
using OrleansSync.Gateway.Configuration;
using OrleansSync.Gateway.Errors;

namespace OrleansSync.Gateway.Authentication;

/// <summary>Finds the caller of a request with the configured scheme.</summary>
internal sealed class UserAuthentication(ServerSettings settings)
{
    private readonly string? _scheme = settings.UserClaim is null ? DevelopmentAuthentication.SchemeName : null;
    private readonly string _claim = settings.UserClaim ?? DevelopmentAuthentication.UserClaim;

    /// <exception cref="Grpc.Core.RpcException">UNAUTHENTICATED, with its reason.</exception>
    public async Task<Caller> AuthenticateAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(_scheme);
        if (result.Succeeded)
        {
            return Caller.From(result.Principal, _claim)
                ?? throw SyncErrors.TokenInvalid($"The token must name the user in exactly one claim {_claim}. {Caller.UserRule}");
        }

        if (result.None) throw SyncErrors.TokenMissing();
        throw SyncErrors.TokenInvalid(result.Failure is TokenRefusedException refused
            ? refused.Message
            : "The token was refused: expired, or not for this server. Get a new one.");
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
        if (settings.UserClaim is null)
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
            faults.Add($"{ConfigurationReader.Section}:Authentication:UserClaim", settings.UserClaim,
                "there is no default authentication scheme to take the claim from. Register one in the host, for example "
                + "AddAuthentication().AddJwtBearer(…); the ready-made executable has none in this version, so host "
                + "OrleansSync in a program of your own.");
            faults.ThrowIfAny();
        }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
