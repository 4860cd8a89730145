using System.Collections.Immutable;
using System.Text;
using Google.Protobuf;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Gateway.Watch;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;
using Limits = OrleansSync.Core.Limits;

namespace OrleansSync.Gateway.Services;

/// <summary>Reads what requests have in common, and names the field at fault.</summary>
internal static class Requests
{
    public const int TokenBytes = 16;
    public const int ProfileBytes = 128;
    private const int MaxTypes = 1_000;

    public static DeviceId Device(ByteString id, string path) => WireIds.TryRead(id, out DeviceId device)
        ? device
        : throw Fault(FaultCode.InvalidUuid, path, "A device id is a UUID: 16 bytes, big-endian, that are not all zero.");

    /// <summary>A token that cannot be one of the server's is answered as any other that is not the device's.</summary>
    public static DeviceSession Session(Session? session, string path)
    {
        if (session is null) throw Fault(FaultCode.Missing, path, "Present the session that the handshake gave.");
        var device = Device(session.DeviceId, $"{path}.device_id");
        if (session.Token.Length != TokenBytes) throw SyncErrors.SessionUnknown();
        return new(device, [.. session.Token.Span]);
    }

    public static FeedPosition Position(ScopeId scope, DeviceId device, Cursor? cursor, IEnumerable<string> types, Limits limits)
    {
        if (!CursorMapping.TryRead(cursor, out var lineage, out var sequence, out var fault)) throw SyncErrors.Of(fault);
        return new(scope, device, lineage, sequence, Types(types, limits));
    }

    /// <summary>Text without control characters, at most so many bytes of UTF-8.</summary>
    public static string Text(string text, string path)
    {
        var bad = text.Any(char.IsControl) || Encoding.UTF8.GetByteCount(text) > ProfileBytes;
        return bad ? throw Fault(FaultCode.InvalidText, path, $"At most {ProfileBytes} bytes of UTF-8 without control characters.") : text;
    }

    public static long NotNegative(long value, string path) =>
        value >= 0 ? value : throw Fault(FaultCode.OutOfRange, path, $"The number is not below 0; this one is {value}.");

    public static Exception Fault(FaultCode code, string path, string message) => SyncErrors.Of(new Fault(code, path, message));

    /// <summary>
    /// In order, once each: the same types are the same pull, however they are listed. A type need not be declared: rows of
    /// one that no longer is can still be read.
    /// </summary>
    private static ImmutableArray<string> Types(IEnumerable<string> types, Limits limits)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var type in types)
        {
            if (FormRules.CheckName(type, limits) is { } fault) throw SyncErrors.Of(fault.Within($"types[{index}]"));
            if (++index > MaxTypes) throw Fault(FaultCode.TooMany, "types", $"At most {MaxTypes} types; leave them out for all.");
            names.Add(type);
        }

        return [.. names];
    }
}
