using OrleansSync.Conflicts;
using OrleansSync.Core;
using OrleansSync.Grains.Retention;
using OrleansSync.Hosting;

namespace OrleansSync.Silo.Configuration;

/// <summary>What a server runs with: the builder's word after every check. What a mode has no use for, it ignores.</summary>
/// <param name="Mode">What the process is.</param>
/// <param name="Storage">Where the data is.</param>
/// <param name="Cluster">How silos and gateways find each other.</param>
/// <param name="Schema">The types and their rules.</param>
/// <param name="Resolvers">Of the types that have one; a gateway needs none.</param>
/// <param name="Limits">The limits.</param>
/// <param name="Retention">How long what no device needs is kept.</param>
/// <param name="Authentication">How callers are known.</param>
/// <param name="Operators">Whose calls the admin service takes.</param>
/// <param name="Ports">Where to listen; <c>null</c>: as the host has configured.</param>
/// <param name="Origins">Whose pages may call over gRPC-Web.</param>
/// <param name="Time">The clock of leases.</param>
internal sealed record ServerSettings(
    ServerMode Mode,
    StorageSettings Storage,
    ClusterSettings Cluster,
    SyncSchema Schema,
    IReadOnlyDictionary<string, IConflictResolver> Resolvers,
    Limits Limits,
    RetentionOptions Retention,
    AuthenticationSettings Authentication,
    OperatorSettings Operators,
    ListenSettings? Ports,
    IReadOnlyList<string> Origins,
    TimeProvider Time)
{
    /// <summary>Reads code and configuration, and checks them as one.</summary>
    /// <param name="host">The application that is to be this server.</param>
    /// <param name="configure">What code says.</param>
    /// <param name="modes">What this kind of application can be; the first is what it is when nobody says.</param>
    /// <param name="faults">Takes all that is wrong. With any, the settings are not for use.</param>
    public static ServerSettings Read(
        IHostApplicationBuilder host, Action<OrleansSyncBuilder>? configure, IReadOnlyList<ServerMode> modes, Faults faults)
    {
        var builder = new OrleansSyncBuilder();
        configure?.Invoke(builder);
        new ConfigurationReader(builder, faults).Read(host.Configuration.GetSection(ConfigurationReader.Section));
        var mode = builder.ChosenMode ?? modes[0];
        if (!modes.Contains(mode)) faults.Add($"{ConfigurationReader.Section}:Mode", mode.ToString(), RemedyFor(mode, modes));
        var storage = StorageCheck.Check(builder.Storage, mode, host, faults);
        ClusterCheck.Check(builder.Cluster, mode, builder.Ports, faults);
        GatewayCheck.Check(builder, mode, host.Environment, faults);
        LimitSettings.Check(builder.Limits, $"{ConfigurationReader.Section}:Limits", faults);
        var schema = SchemaCheck.Check(builder, mode, builder.AcceptsUndeclared ?? host.Environment.IsDevelopment(), faults);
        var resolvers = builder.Entities.Values.Where(static entity => entity.Resolver is not null)
            .ToDictionary(static entity => entity.Type, static entity => entity.Resolver!);
        return new(
            mode, storage, builder.Cluster, schema, resolvers, builder.Limits, builder.Retention, builder.Authentication,
            builder.Operators, builder.Ports, builder.Origins, builder.Time);
    }

    private static string RemedyFor(ServerMode mode, IReadOnlyList<ServerMode> modes) => mode == ServerMode.Silo
        ? "this is a gateway's application. Run the silo's (OrleansSync.Silo), or choose "
            + string.Join(" or ", modes) + "."
        : "this is a silo's application. Run the gateway's (OrleansSync.Gateway), or choose "
            + string.Join(" or ", modes) + ".";
}
