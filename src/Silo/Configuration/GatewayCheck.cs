using System.Net;
using OrleansSync.Hosting;

namespace OrleansSync.Silo.Configuration;

/// <summary>Whether devices and people can reach this process, and whether it can know who they are.</summary>
internal static class GatewayCheck
{
    private const string Root = ConfigurationReader.Section;

    public static void Check(OrleansSyncBuilder builder, ServerMode mode, IHostEnvironment environment, Faults faults)
    {
        if (builder.Ports is { } ports) CheckPorts(ports, mode, faults);
        if (mode == ServerMode.Silo) return;
        CheckAuthentication(builder.Authentication, environment, faults);
        CheckOperators(builder.Operators, faults);
        for (var i = 0; i < builder.Origins.Count; i++)
        {
            var origin = builder.Origins[i];
            if (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                && string.Equals(uri.GetLeftPart(UriPartial.Authority), origin, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            faults.Add($"{Root}:Cors:Origins:{i}", origin, "write it as a browser sends it: scheme, host and port only, such as "
                + "https://app.example.com. There is no wildcard.");
        }
    }

    private static void CheckPorts(ListenSettings ports, ServerMode mode, Faults faults)
    {
        const string key = $"{Root}:Ports";
        if (ports.Address is { } address && !IPAddress.TryParse(address, out _))
        {
            faults.Add($"{key}:Address", address,
                "write an IP address of this machine, or 0.0.0.0 for all; leave it out for the loopback.");
        }

        if (ports.Http is < 0 or > 65_535) faults.Add($"{key}:Http", ports.Http.ToString(), "choose 0 (a free one) to 65535.");
        if (mode == ServerMode.Silo) return;
        if (ports.Grpc is < 0 or > 65_535) faults.Add($"{key}:Grpc", ports.Grpc.ToString(), "choose 0 (a free one) to 65535.");
        if (ports.Grpc == ports.Http && ports.Grpc != 0)
        {
            faults.Add($"{key}:Http", ports.Http.ToString(),
                $"choose another than {key}:Grpc; without TLS a port speaks HTTP/2 or HTTP/1.1, not both.");
        }
    }

    private static void CheckOperators(OperatorSettings operators, Faults faults)
    {
        const string key = $"{Root}:Operators";
        if (operators == OperatorSettings.None) return;
        if (string.IsNullOrWhiteSpace(operators.Claim)) faults.Add($"{key}:Claim", operators.Claim, "name the claim that makes a caller an operator, for example role.");
        if (string.IsNullOrWhiteSpace(operators.Value)) faults.Add($"{key}:Value", operators.Value, "name the value that the claim has for operators; any value would let everybody in.");
    }

    private static void CheckAuthentication(AuthenticationSettings authentication, IHostEnvironment environment, Faults faults)
    {
        const string key = $"{Root}:Authentication";
        var development = environment.IsDevelopment();
        if (authentication.IsDevelopment && !development)
        {
            faults.Add($"{key}:Authority", null,
                $"authentication is not configured, and the environment is {environment.EnvironmentName}. Name the authority whose "
                + "tokens devices present and the Audience they are for. In a program of your own, register any scheme of ASP.NET "
                + $"Core as the default and name its claim in {key}:UserClaim. To try OrleansSync on this machine, set "
                + "DOTNET_ENVIRONMENT=Development.");
        }

        if (authentication.UserClaim is { } claim && string.IsNullOrWhiteSpace(claim))
        {
            faults.Add($"{key}:UserClaim", $"\"{claim}\"", "name the claim that holds the user's id, for example sub.");
        }

        if (authentication.Authority is null)
        {
            if (authentication.Audience is { } audience) faults.Add($"{key}:Audience", audience, $"it needs {key}:Authority beside it.");
            return;
        }

        if (string.IsNullOrWhiteSpace(authentication.Audience))
        {
            faults.Add($"{key}:Audience", authentication.Audience, "name what the tokens are for (their aud); without it a token for "
                + "any other service of the authority would do.");
        }

        if (!Uri.TryCreate(authentication.Authority, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            faults.Add($"{key}:Authority", authentication.Authority, "write the authority's address, such as https://login.example.com/.");
        }
        else if (uri.Scheme == "http" && !(development && uri.IsLoopback))
        {
            faults.Add($"{key}:Authority", authentication.Authority, "use https: over http anybody on the way could hand out keys. In "
                + "Development an authority on the loopback may use http.");
        }
    }
}
