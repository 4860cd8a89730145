using System.Collections.Concurrent;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Tests.Cluster;

/// <summary>Keeps what it is told.</summary>
internal sealed class Watcher : IScopeObserver
{
    public ConcurrentQueue<CommitNotice> Notices { get; } = new();

    public ConcurrentQueue<DeviceId> Revoked { get; } = new();

    public Task OnCommitAsync(CommitNotice notice)
    {
        Notices.Enqueue(notice);
        return Task.CompletedTask;
    }

    public Task OnRevokedAsync(DeviceId device)
    {
        Revoked.Enqueue(device);
        return Task.CompletedTask;
    }
}
