using System.Collections.Immutable;
using System.Threading.Channels;
using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Watch;

/// <summary>
/// An open stream of a device, as the hub sees it: where notices of commits arrive, and what can end it from outside.
/// </summary>
internal sealed class DeviceConnection : IDisposable
{
    /// <summary>
    /// Notices that wait for a slow reader. Past it the oldest goes: the reader finds a gap then, and reads it from the
    /// feed at its own speed, so a slow device costs no memory.
    /// </summary>
    private const int MaxNotices = 32;

    private readonly Channel<CommitNotice> _notices = Channel.CreateBounded<CommitNotice>(
        new BoundedChannelOptions(MaxNotices) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly WatchHub _hub;
    private volatile bool _isVerified;
    private readonly CancellationTokenSource _revoked = new();
    private readonly CancellationTokenSource _ended;

    public DeviceConnection(WatchHub hub, ScopeWatch scope, DeviceSession session, CancellationToken stopping, CancellationToken cancelled)
    {
        _hub = hub;
        Scope = scope;
        Device = session.Device;
        Token = session.Token;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(_revoked.Token, stopping, cancelled);
    }

    public ScopeWatch Scope { get; }

    public DeviceId Device { get; }

    public ImmutableArray<byte> Token { get; }

    /// <summary>The silo has said that the token is the device's, and nobody has taken that back.</summary>
    public bool IsVerified
    {
        get => _isVerified && !_revoked.IsCancellationRequested;
        set => _isVerified = value;
    }

    public ChannelReader<CommitNotice> Notices => _notices.Reader;

    public void Offer(CommitNotice notice) => _notices.Writer.TryWrite(notice);

    /// <summary>Ends the stream. May be called at any time, also after its end.</summary>
    public Task RevokeAsync() => _revoked.CancelAsync();

    /// <summary>Runs the stream; its token is cancelled when the device goes or is revoked, and when the server stops.</summary>
    /// <exception cref="RpcException">The device was revoked.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> stream)
    {
        try
        {
            await stream(_ended.Token);
        }
        catch (OperationCanceledException) when (_revoked.IsCancellationRequested)
        {
            throw SyncErrors.DeviceRevoked();
        }
    }

    // The source of a revocation stays undisposed, because a notice may still be on its way to it; it holds nothing.
    public void Dispose()
    {
        _hub.Leave(this);
        _ended.Dispose();
    }
}
