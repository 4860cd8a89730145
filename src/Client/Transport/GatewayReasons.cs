namespace OrleansSync.Client.Transport;

/// <summary>The names that the gateway gives in ErrorInfo.reason, as far as a device acts on them.</summary>
internal static class GatewayReasons
{
    public const string Domain = "orleanssync";

    public const string ProtocolVersion = "PROTOCOL_VERSION";
    public const string SessionUnknown = "SESSION_UNKNOWN";
    public const string DeviceUnknown = "DEVICE_UNKNOWN";
    public const string AccountMismatch = "ACCOUNT_MISMATCH";
    public const string DeviceCloned = "DEVICE_CLONED";
    public const string DeviceRevoked = "DEVICE_REVOKED";
    public const string TooManyDevices = "TOO_MANY_DEVICES";

    public const string LineageChanged = "LINEAGE_CHANGED";
    public const string CursorExpired = "CURSOR_EXPIRED";
    public const string CursorAhead = "CURSOR_AHEAD";
    public const string PageTokenInvalid = "PAGE_TOKEN_INVALID";

    public const string MessageTooLarge = "MESSAGE_TOO_LARGE";

    /// <summary>Metadata of <see cref="ProtocolVersion"/>: the versions that are served.</summary>
    public const string SupportedKey = "supported";
}
