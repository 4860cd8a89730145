using System.Collections.Immutable;
using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Feed;

namespace OrleansSync.Gateway.Watch;

/// <summary>
/// An open stream of a device, as the hub sees it: where notices of commits arrive, and what can end it from outside.
/// </summary>
internal sealed class DeviceConnection : IDisposable
{
    private readonly NoticeQueue _notices = new();
    private readonly WatchHub _hub;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenRegistration _leaving;
    private volatile bool _isVerified;
    private volatile bool _isRevoked;
    private volatile DevicePosition? _position;

    public DeviceConnection(WatchHub hub, ScopeWatch scope, DeviceSession session, CancellationToken cancelled)
    {
        _hub = hub;
        Scope = scope;
        Device = session.Device;
        Token = session.Token;
        _leaving = cancelled.UnsafeRegister(static connection => ((DeviceConnection)connection!).End(), this);
    }

    public ScopeWatch Scope { get; }

    public DeviceId Device { get; }

    public ImmutableArray<byte> Token { get; }

    /// <summary>How far the device has come by what this stream was asked and has written; <c>null</c>: nothing of that.</summary>
    public DevicePosition? Position
    {
        get => _position;
        private set => _position = value;
    }

    /// <summary>The silo has said that the token is the device's, and nobody has taken that back.</summary>
    public bool IsVerified
    {
        get => _isVerified && !_isRevoked;
        set => _isVerified = value;
    }

    /// <summary>What was committed, as it is told; <c>null</c>: the stream has to end.</summary>
    public ValueTask<CommitNotice?> NextNoticeAsync() => _notices.TakeAsync();

    /// <summary>
    /// The device has presented a cursor. Without one it reads from the start, perhaps only the types that it has added: what it is sent then
    /// does not tell how far it has come.
    /// </summary>
    public void Holds(FeedPosition cursor)
    {
        if (cursor.Lineage != Guid.Empty) Position = new(Device, cursor.Lineage, cursor.Sequence, cursor.Sequence, Now());
    }

    /// <summary>All after that cursor up to a commit was written to the stream.</summary>
    public void Sent(Guid lineage, long sequence)
    {
        if (Position is { } before && before.Lineage == lineage) Position = before with { Sent = sequence, At = Now() };
    }

    public void Offer(CommitNotice notice) => _notices.Offer(notice);

    /// <summary>Ends the stream, as the device is revoked. May be called at any time, also after its end.</summary>
    public Task RevokeAsync()
    {
        _isRevoked = true;
        return EndAsync();
    }

    /// <summary>Ends the stream, as the server stops. May be called at any time, also after its end.</summary>
    public Task EndAsync() => Task.Run(End);

    /// <summary>Runs the stream; its token is cancelled when the device goes or is revoked, and when the server stops.</summary>
    /// <exception cref="RpcException">The device was revoked.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> stream)
    {
        try
        {
            await stream(_ended.Token);
        }
        catch (OperationCanceledException) when (_isRevoked)
        {
            throw SyncErrors.DeviceRevoked();
        }
    }

    public void Dispose()
    {
        _leaving.Dispose();
        _hub.Leave(this);
        _ended.Dispose();
    }

    private void End()
    {
        try
        {
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended.
        }
        finally
        {
            // Last: who waits for a notice finds the token cancelled.
            _notices.Close();
        }
    }

    private long Now() => _hub.Time.GetUtcNow().ToUnixTimeMilliseconds();
}
