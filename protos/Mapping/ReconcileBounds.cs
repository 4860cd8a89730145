namespace OrleansSync.Protocol;

/// <summary>How much one question of a reconciliation may be about: what a device asks at a time, and what a gateway refuses beyond.</summary>
public static class ReconcileBounds
{
    public const int Types = 1_000;
    public const int Buckets = 256;
    public const int SubBuckets = 4_096;
    public const int Rows = 1_000;
}
