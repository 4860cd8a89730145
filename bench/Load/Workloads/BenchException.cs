namespace OrleansSync.Bench.Load;

/// <summary>What came out of a workload is not what had to come out.</summary>
internal sealed class BenchException(string message) : Exception(message);
