using System.Net;
using Orleans.Configuration;
using OrleansSync.Hosting;
using OrleansSync.Silo.GrainStorage;

namespace OrleansSync.Silo.Hosting;

/// <summary>How silos and gateways of a cluster find each other in PostgreSQL, and notice that one is gone.</summary>
internal static class Clustering
{
    /// <summary>
    /// A silo is probed each second by the others; three probes missed in a row, by one silo and by another that it asks to
    /// look too, are a death. That is 3 to 4 s for a process that was killed, and more than the pauses of a busy machine.
    /// </summary>
    public static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(1);

    public const int MissedProbes = 3;

    /// <summary>How soon a process sees what changed in the membership without having been told of it.</summary>
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(2);

    // Three of these missed, and a silo has no say in the vote on others: where two of three are gone at once, the third
    // need not wait for the second's vote longer than that.
    private static readonly TimeSpan AlivePeriod = TimeSpan.FromSeconds(2);

    // Rows of the dead: long enough to look at after a night, short enough for the table to stay a page.
    private static readonly TimeSpan DeadRowsKept = TimeSpan.FromDays(1);
    private static readonly TimeSpan DeadRowsPeriod = TimeSpan.FromMinutes(10);

    public static void AddSilo(ISiloBuilder silo, ClusterSettings cluster, string connectionString)
    {
        var database = OrleansDatabase.ConnectionStringFor(connectionString);
        silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (OrleansDatabase.Invariant, database));
        silo.UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = (OrleansDatabase.Invariant, database));
        silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
        silo.Configure<EndpointOptions>(endpoints =>
        {
            var address = cluster.Resolve() ?? throw new InvalidOperationException($"{cluster.AdvertisedAddress} has no address any more.");
            endpoints.AdvertisedIPAddress = address;
            endpoints.SiloPort = cluster.SiloPort;
            endpoints.GatewayPort = cluster.GatewayPort;
            endpoints.SiloListeningEndpoint = new IPEndPoint(address, cluster.SiloPort);
            endpoints.GatewayListeningEndpoint = new IPEndPoint(address, cluster.GatewayPort);
        });
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = ProbePeriod;
            membership.NumMissedProbesLimit = MissedProbes;
            membership.NumVotesForDeathDeclaration = 2;
            membership.EnableIndirectProbes = true;
            membership.TableRefreshTimeout = RefreshPeriod;
            membership.IAmAliveTablePublishTimeout = AlivePeriod;
            membership.NumMissedTableIAmAliveLimit = 3;
            membership.DefunctSiloExpiration = DeadRowsKept;
            membership.DefunctSiloCleanupPeriod = DeadRowsPeriod;
        });
    }

    public static void AddClient(IClientBuilder client, ClusterSettings cluster, string connectionString)
    {
        var database = OrleansDatabase.ConnectionStringFor(connectionString);
        client.UseAdoNetClustering(gateways => (gateways.Invariant, gateways.ConnectionString) = (OrleansDatabase.Invariant, database));
        client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
        client.Configure<GatewayOptions>(static gateways => gateways.GatewayListRefreshPeriod = RefreshPeriod);
    }
}
