using OrleansSync.Core;
using OrleansSync.Grains.Retention;
using OrleansSync.Silo.Configuration;

namespace OrleansSync.Hosting;

/// <summary>
/// Says what an OrleansSync server is, in code. The section <c>OrleansSync</c> of the configuration says the same in
/// keys, and wins where both name one; an entity type is declared in one of the two places.
/// </summary>
public sealed class OrleansSyncBuilder
{
    private readonly Dictionary<string, EntityBuilder> _entities = new(StringComparer.Ordinal);

    internal ServerMode? ChosenMode { get; private set; }

    internal StorageChoice Storage { get; private set; } = new(null, null, null);

    internal ClusterSettings Cluster { get; private set; } = new();

    internal Limits Limits { get; private set; } = Limits.Default;

    internal RetentionOptions Retention { get; private set; } = new();

    internal bool? AcceptsUndeclared { get; private set; }

    internal AuthenticationSettings Authentication { get; private set; } = AuthenticationSettings.None;

    internal OperatorSettings Operators { get; private set; } = OperatorSettings.None;

    internal ListenSettings? Ports { get; private set; }

    internal IReadOnlyList<string> Origins { get; private set; } = [];

    /// <summary>The clock of leases; tests put one that they drive.</summary>
    internal TimeProvider Time { get; set; } = TimeProvider.System;

    internal IReadOnlyDictionary<string, EntityBuilder> Entities => _entities;

    /// <summary>What this process is. Left out: embedded in a web application, a silo in any other host.</summary>
    public OrleansSyncBuilder Mode(ServerMode mode)
    {
        ChosenMode = mode;
        return this;
    }

    /// <summary>Keeps the data in SQLite files in a folder, which is created when absent. One embedded process per folder.</summary>
    public OrleansSyncBuilder UseSqlite(string folder)
    {
        Storage = new StorageChoice(StorageProvider.Sqlite, folder, null);
        return this;
    }

    /// <summary>
    /// Keeps the data in the PostgreSQL database whose connection string the configuration has under this name in
    /// <c>ConnectionStrings</c>. For silos and gateways.
    /// </summary>
    public OrleansSyncBuilder UsePostgres(string connectionName)
    {
        Storage = new StorageChoice(StorageProvider.Postgres, null, connectionName);
        return this;
    }

    /// <summary>Changes how silos and gateways find each other.</summary>
    public OrleansSyncBuilder ConfigureCluster(Func<ClusterSettings, ClusterSettings> change)
    {
        Cluster = change(Cluster);
        return this;
    }

    /// <summary>Declares an entity type, or goes on with one declared before. Without further calls: field merge.</summary>
    /// <param name="type">A letter or underscore, then letters, digits, underscores: at most 64.</param>
    public EntityBuilder Entity(string type)
    {
        if (!_entities.TryGetValue(type, out var entity)) _entities.Add(type, entity = new EntityBuilder(type));
        return entity;
    }

    /// <summary>
    /// Whether types that are not declared are accepted, as field merge. Left open: yes in Development, no elsewhere.
    /// </summary>
    public OrleansSyncBuilder AcceptUndeclaredTypes(bool accept = true)
    {
        AcceptsUndeclared = accept;
        return this;
    }

    /// <summary>Changes limits; each says its own meaning. All are told to devices in the handshake.</summary>
    public OrleansSyncBuilder ConfigureLimits(Func<Limits, Limits> change)
    {
        Limits = change(Limits);
        return this;
    }

    /// <summary>Changes how long tombstones, the journal and dead letters are kept. All silos of a cluster have the same.</summary>
    public OrleansSyncBuilder ConfigureRetention(Func<RetentionOptions, RetentionOptions> change)
    {
        Retention = change(Retention);
        return this;
    }

    /// <summary>
    /// Takes the user's id from this claim of whatever authentication the host has registered as its default scheme. An id
    /// is 1 to 128 characters without control characters.
    /// </summary>
    public OrleansSyncBuilder UserClaim(string claimType)
    {
        Authentication = Authentication with { UserClaim = claimType };
        return this;
    }

    /// <summary>
    /// Takes the user from the bearer tokens (JWT) of this authority, which tells its keys at
    /// <c>/.well-known/openid-configuration</c>. Outside Development it is an https address.
    /// </summary>
    public OrleansSyncBuilder UseJwtBearer(string authority, string audience, string userClaim = AuthenticationSettings.DefaultUserClaim)
    {
        Authentication = new AuthenticationSettings(authority, audience, userClaim);
        return this;
    }

    /// <summary>
    /// Lets operators in: whoever has this claim with this value in the credentials may call the admin service, about any user. Left out:
    /// nobody may. In Development, where tokens have no other claim, <c>sub</c> with a user's name does.
    /// </summary>
    public OrleansSyncBuilder AllowOperators(string claimType, string value)
    {
        Operators = new OperatorSettings(claimType, value);
        return this;
    }

    /// <summary>
    /// Listens on the loopback addresses: HTTP/2 without TLS for gRPC, HTTP/1.1 for health, pages and gRPC-Web. 0: a free
    /// port. Left out: the host's own Kestrel configuration stands.
    /// </summary>
    public OrleansSyncBuilder ListenOnLoopback(int grpcPort = ListenSettings.DefaultGrpc, int httpPort = ListenSettings.DefaultHttp)
    {
        Ports = new ListenSettings(grpcPort, httpPort, null);
        return this;
    }

    /// <summary>
    /// As <see cref="ListenOnLoopback"/>, on an address of this machine, such as 0.0.0.0 for all: behind a proxy that ends TLS.
    /// </summary>
    public OrleansSyncBuilder ListenOn(
        string address, int grpcPort = ListenSettings.DefaultGrpc, int httpPort = ListenSettings.DefaultHttp)
    {
        Ports = new ListenSettings(grpcPort, httpPort, address);
        return this;
    }

    /// <summary>Lets pages of these origins call over gRPC-Web. None unless said so; pages of the same origin always may.</summary>
    public OrleansSyncBuilder AllowOrigins(params IEnumerable<string> origins)
    {
        Origins = [.. origins];
        return this;
    }

    internal void Change(AuthenticationSettings authentication) => Authentication = authentication;

    internal void Change(OperatorSettings operators) => Operators = operators;

    internal void Change(StorageChoice storage) => Storage = storage;

    internal void Change(ListenSettings ports) => Ports = ports;
}
