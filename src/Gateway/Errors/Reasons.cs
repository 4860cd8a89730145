using Grpc.Core;
using OrleansSync.Core;

namespace OrleansSync.Gateway.Errors;

/// <summary>A reason a device can be told, in ErrorInfo.reason, and the gRPC code it always comes with.</summary>
internal readonly record struct Reason(string Name, StatusCode Code);

/// <summary>Every reason of the domain "orleanssync". Devices act on them: a name, once released, keeps its meaning.</summary>
internal static class Reasons
{
    public const string Domain = "orleanssync";

    /// <summary>Faults of what a message holds: the code's name in capitals, such as INVALID_JSON, always INVALID_ARGUMENT.</summary>
    private static readonly Dictionary<FaultCode, Reason> Faults = Enum.GetValues<FaultCode>()
        .ToDictionary(static code => code, static code => new Reason(InCapitals(code.ToString()), StatusCode.InvalidArgument));

    // Who is calling.
    public static readonly Reason TokenMissing = new("TOKEN_MISSING", StatusCode.Unauthenticated);
    public static readonly Reason TokenInvalid = new("TOKEN_INVALID", StatusCode.Unauthenticated);

    // Which device, in which state.
    public static readonly Reason ProtocolVersion = new("PROTOCOL_VERSION", StatusCode.FailedPrecondition);
    public static readonly Reason SessionUnknown = new("SESSION_UNKNOWN", StatusCode.FailedPrecondition);
    public static readonly Reason AccountMismatch = new("ACCOUNT_MISMATCH", StatusCode.FailedPrecondition);
    public static readonly Reason DeviceCloned = new("DEVICE_CLONED", StatusCode.FailedPrecondition);
    public static readonly Reason DeviceRevoked = new("DEVICE_REVOKED", StatusCode.PermissionDenied);
    public static readonly Reason DeviceUnknown = new("DEVICE_UNKNOWN", StatusCode.NotFound);
    public static readonly Reason TooManyDevices = new("TOO_MANY_DEVICES", StatusCode.ResourceExhausted);

    // What operators are told.
    public static readonly Reason AdminNotEnabled = new("ADMIN_NOT_ENABLED", StatusCode.FailedPrecondition);
    public static readonly Reason NotOperator = new("NOT_OPERATOR", StatusCode.PermissionDenied);
    public static readonly Reason DeadLetterUnknown = new("DEAD_LETTER_UNKNOWN", StatusCode.NotFound);
    public static readonly Reason ReplaysExhausted = new("REPLAYS_EXHAUSTED", StatusCode.FailedPrecondition);

    // Where the device stands.
    public static readonly Reason LineageChanged = new("LINEAGE_CHANGED", StatusCode.FailedPrecondition);
    public static readonly Reason CursorExpired = new("CURSOR_EXPIRED", StatusCode.FailedPrecondition);
    public static readonly Reason CursorAhead = new("CURSOR_AHEAD", StatusCode.FailedPrecondition);
    public static readonly Reason PageTokenInvalid = new("PAGE_TOKEN_INVALID", StatusCode.InvalidArgument);

    // What it sent.
    public static readonly Reason MessageMalformed = new("MESSAGE_MALFORMED", StatusCode.InvalidArgument);
    public static readonly Reason MessageTooLarge = new("MESSAGE_TOO_LARGE", StatusCode.ResourceExhausted);
    public static readonly Reason OpenMissing = new("OPEN_MISSING", StatusCode.InvalidArgument);
    public static readonly Reason OpenRepeated = new("OPEN_REPEATED", StatusCode.InvalidArgument);
    public static readonly Reason BatchNumber = new("BATCH_NUMBER", StatusCode.InvalidArgument);
    public static readonly Reason CounterAhead = new("COUNTER_AHEAD", StatusCode.InvalidArgument);

    // How much, and when again.
    public static readonly Reason WindowExceeded = new("WINDOW_EXCEEDED", StatusCode.ResourceExhausted);
    public static readonly Reason QueueFull = new("QUEUE_FULL", StatusCode.ResourceExhausted);
    public static readonly Reason ServerUnavailable = new("SERVER_UNAVAILABLE", StatusCode.Unavailable);
    public static readonly Reason ShuttingDown = new("SHUTTING_DOWN", StatusCode.Unavailable);

    // Nobody is there any more to read it.
    public static readonly Reason DeviceLeft = new("DEVICE_LEFT", StatusCode.Cancelled);

    // What must not happen. NOT_SERVED was what earlier versions answered Reconcile with.
    public static readonly Reason Internal = new("INTERNAL", StatusCode.Internal);

    public static Reason Of(FaultCode code) => Faults[code];

    private static string InCapitals(string name) =>
        string.Concat(name.Select(static (c, i) => i > 0 && char.IsAsciiLetterUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));
}
