namespace OrleansSync.Gateway.Hosting;

internal static class MessageSizes
{
    /// <summary>The largest message a device may send; the limits of a batch keep below it. It is gRPC's default at clients too.</summary>
    public const int MaxReceive = 4 * 1024 * 1024;
}
