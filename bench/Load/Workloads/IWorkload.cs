namespace OrleansSync.Bench.Load.Workloads;

/// <summary>A kind of load. It verifies what came out, and throws where that is wrong.</summary>
internal interface IWorkload
{
    string Name { get; }

    /// <summary>One line for the help.</summary>
    string Description { get; }

    Task RunAsync(Workbench bench, CancellationToken cancellationToken);
}
