using OrleansSync.Core;

namespace OrleansSync.Gateway;

/// <summary>
/// Says what an OrleansSync server is, in code. The section <c>OrleansSync</c> of the configuration says the same in
/// keys, and wins where both name one; an entity type is declared in one of the two places.
/// </summary>
public sealed class OrleansSyncBuilder
{
    private readonly Dictionary<string, EntityBuilder> _entities = new(StringComparer.Ordinal);

    internal string? DataFolder { get; private set; }

    internal Limits Limits { get; private set; } = Limits.Default;

    internal bool? AcceptsUndeclared { get; private set; }

    internal string? Claim { get; private set; }

    internal LoopbackPorts? Ports { get; private set; }

    /// <summary>The clock of leases; tests put one that they drive.</summary>
    internal TimeProvider Time { get; set; } = TimeProvider.System;

    internal IReadOnlyDictionary<string, EntityBuilder> Entities => _entities;

    /// <summary>Keeps the data in SQLite files in a folder, which is created when absent. One process per folder.</summary>
    public OrleansSyncBuilder UseSqlite(string folder)
    {
        DataFolder = folder;
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

    /// <summary>
    /// Takes the user's id from this claim of whatever authentication the host has registered as its default scheme. An id
    /// is 1 to 128 characters without control characters. Needed outside Development.
    /// </summary>
    public OrleansSyncBuilder UserClaim(string claimType)
    {
        Claim = claimType;
        return this;
    }

    /// <summary>
    /// Listens on the loopback addresses: HTTP/2 without TLS for gRPC, HTTP/1.1 for health and pages. 0: a free port.
    /// Left out: the host's own Kestrel configuration stands.
    /// </summary>
    public OrleansSyncBuilder ListenOnLoopback(int grpcPort = 5080, int httpPort = 5081)
    {
        Ports = new LoopbackPorts(grpcPort, httpPort);
        return this;
    }
}

internal sealed record LoopbackPorts(int Grpc, int Http);
