namespace OrleansSync.Hosting;

/// <summary>What a process is.</summary>
public enum ServerMode
{
    /// <summary>Silo and gateway in one process, on SQLite files of its own.</summary>
    Embedded = 1,

    /// <summary>A silo of a cluster that finds itself in PostgreSQL.</summary>
    Silo = 2,

    /// <summary>A gateway of such a cluster: what devices talk to.</summary>
    Gateway = 3,

    /// <summary>A silo of such a cluster and a gateway in one process: any number of them, each the same.</summary>
    Node = 4,
}
