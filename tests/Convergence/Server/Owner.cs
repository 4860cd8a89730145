using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Users;

namespace OrleansSync.Convergence.Tests.Server;

/// <summary>One activation of the scope's owner, in a process that can be killed: its change log and its sessions.</summary>
internal sealed class Owner
{
    private readonly ChangeLog _log;
    private readonly Sessions _sessions;
    private readonly Action<PushReply> _onAnswer;
    private readonly List<TaskCompletionSource> _callers = [];

    public Owner(ChangeLogContext context, OwnerStore store, Action<CommitNotice> onCommit, Action<PushReply> onAnswer)
    {
        _onAnswer = onAnswer;
        Store = store;
        _log = new(context, notice =>
        {
            if (!IsDead) onCommit(notice);
        });
        _sessions = new(store, context.Scope, maxDevices: 16, context.Time, context.Logger);
    }

    public OwnerStore Store { get; }

    public bool IsDead => Store.IsDead;

    public void Kill()
    {
        Store.IsDead = true;
        foreach (var caller in _callers.ToArray()) caller.TrySetException(Gone());
    }

    public Task<PushReply> PushAsync(PushBatch batch) => CallAsync(async () =>
    {
        var reply = await _log.PushAsync(batch);
        _onAnswer(reply);
        return reply;
    });

    public Task<SessionStatus> VerifyAsync(DeviceId device, ImmutableArray<byte> token) =>
        CallAsync(() => _sessions.VerifyAsync(device, token));

    public Task<SessionReply> OpenSessionAsync(SessionRequest request) => CallAsync(async () =>
    {
        var reply = await _sessions.OpenAsync(request);
        if (reply.Status == SessionStatus.Valid) _log.OnDevicesChanged();
        return reply;
    });

    public Task<bool> RevokeAsync(ScopeId scope, DeviceId device) => CallAsync(async () =>
    {
        if (!await Store.RevokeDeviceAsync(scope, device, CancellationToken.None)) return false;
        _log.OnDevicesChanged();
        return true;
    });

    // A caller hears at once that the process is gone, as the cluster would tell it.
    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        if (IsDead) throw Gone();
        // Its continuations must not be asynchronous: WhenAny's own would run on the pool.
        var killed = new TaskCompletionSource();
        _callers.Add(killed);
        var running = call();
        await Task.WhenAny(running, killed.Task);
        _callers.Remove(killed);
        if (IsDead) throw Gone();
        return await running;
    }

    private static TimeoutException Gone() => new("The owner's process is gone.");
}

/// <summary>An error in a log is a fault of the run, unless the plan provokes it.</summary>
internal sealed class ErrorLog(Action<string> onError) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) onError($"{eventId.Name}: {formatter(state, exception)} {exception}");
    }
}
