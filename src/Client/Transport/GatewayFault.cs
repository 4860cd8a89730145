using Grpc.Core;
using OrleansSync.Client.Sync;

namespace OrleansSync.Client.Transport;

/// <summary>What a failed call means to the parts of the engine; travels inside the <see cref="SyncException"/>.</summary>
internal sealed record GatewayFault
{
    public required SessionFaultKind Kind { get; init; }

    /// <summary>The gRPC status; <see cref="StatusCode.OK"/> where the fault arose on this side.</summary>
    public StatusCode Status { get; init; }

    /// <summary>
    /// The server itself refused what was sent (its ErrorInfo is in the status), so the failure counts toward the dead letter. Not
    /// counted: what says nothing about the operations (UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, CANCELLED, ABORTED,
    /// UNAUTHENTICATED, the state of the device or of its cursor), and any status that comes from a proxy on the way.
    /// </summary>
    public bool CountsAgainstOperations { get; init; }

    /// <summary>The position in its batch of the operation that the server named, with what it said of it.</summary>
    public (int Index, string Description)? Operation { get; init; }

    /// <summary>The cursor or page token cannot be continued: pull again from the start.</summary>
    public bool RestartsPull { get; init; }

    /// <summary>The server's data is not that of the last handshake, or went back since: shake hands again before anything else, which tells what has happened.</summary>
    public bool OtherLineage { get; init; }

    /// <summary>The session token is not known: shake hands again.</summary>
    public bool NeedsHandshake { get; init; }
}
