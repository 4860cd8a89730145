using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using OrleansSync.Core;
using OrleansSync.Gateway.Authentication;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;
using DeviceProfile = OrleansSync.Grains.Contracts.DeviceProfile;
using DeviceStatus = OrleansSync.Grains.Contracts.DeviceStatus;
using Limits = OrleansSync.Core.Limits;

namespace OrleansSync.Gateway.Services;

/// <summary>Opens sessions: who the device is, and all that it must know before it pushes or pulls.</summary>
internal sealed class Handshakes(IGrainFactory grains, SyncSchema schema, Limits limits)
{
    private const int AccountBytes = 16;

    private readonly ByteString _schemaHash = ByteString.CopyFrom(schema.Hash.Span);

    public async Task<HandshakeResponse> OpenAsync(Caller caller, HandshakeRequest request)
    {
        // Before anything else: a message of another version may mean something else by its fields.
        if (!ProtocolVersion.Supported.Contains(request.ProtocolVersion)) throw SyncErrors.ProtocolVersion(request.ProtocolVersion);
        var device = Requests.Device(request.DeviceId, "device_id");
        if (!request.SessionToken.IsEmpty && request.SessionToken.Length != Requests.TokenBytes)
        {
            const string rule = "A token has 16 bytes, or none at the first handshake.";
            throw Requests.Fault(FaultCode.OutOfRange, "session_token", rule);
        }

        var account = AccountOf(caller);
        if (!request.Account.IsEmpty && request.Account != account) throw SyncErrors.AccountMismatch();
        var doneBelow = Requests.NotNegative(request.DoneBelow, "done_below");
        if (!CursorMapping.TryRead(request.Known, out var lineage, out var known, out var fault)) throw SyncErrors.Of(fault with { Path = "known" });
        var reply = await grains.GetGrain<IUserGrain>(caller.User).OpenSessionAsync(new SessionRequest(
            device, [.. request.SessionToken.Span], doneBelow, ProfileOf(request.Profile), StatusOf(request.Status, "status"), lineage, known));
        if (SessionErrors.OfHandshake(reply.Status) is { } error) throw error;
        return new HandshakeResponse
        {
            ProtocolVersion = request.ProtocolVersion,
            SessionToken = ByteString.CopyFrom(reply.Token.AsSpan()),
            Schema = request.SchemaHash == _schemaHash ? null : SchemaMapping.ToWire(schema),
            SchemaHash = _schemaHash,
            Clock = reply.Clock,
            Lineage = WireIds.ToWire(reply.Lineage),
            Head = reply.Head,
            Horizon = reply.Horizon,
            Limits = LimitsMapping.ToWire(limits),
            Account = account,
            LostAfter = reply.LostAfter,
            LostThrough = reply.LostThrough,
        };
    }

    public static DeviceStatus StatusOf(Protocol.V1.DeviceStatus? status, string path) => status is null ? DeviceStatus.Empty : new(
        (int)Requests.NotNegative(status.QueueDepth, $"{path}.queue_depth"),
        Requests.NotNegative(status.OldestPendingSeconds, $"{path}.oldest_pending_seconds"),
        (int)Requests.NotNegative(status.DeadLetters, $"{path}.dead_letters"));

    // A digest: what a device keeps of it tells nobody the user's name.
    private static ByteString AccountOf(Caller caller) =>
        ByteString.CopyFrom(SHA256.HashData(Encoding.UTF8.GetBytes($"orleanssync account\n{caller.User}")).AsSpan(0, AccountBytes));

    private static DeviceProfile ProfileOf(Protocol.V1.DeviceProfile? profile) => profile is null ? DeviceProfile.Empty : new(
        Requests.Text(profile.Name, "profile.name"),
        Requests.Text(profile.Platform, "profile.platform"),
        Requests.Text(profile.AppVersion, "profile.app_version"));
}
