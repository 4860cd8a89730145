using Grpc.Core;
using OrleansSync.Client;
using OrleansSync.Client.Sync;
using OrleansSync.Client.Transport;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;

namespace OrleansSync.Convergence.Tests.Devices;

/// <summary>How a device waits on a stream, and what the end of one means to it.</summary>
internal static class DeviceStreams
{
    public static readonly Uri Address = new("http://simulated");

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Waits for an answer, and hangs up when it does not come in time.</summary>
    public static async Task<(bool Any, T Message)> AnswerAsync<TUp, T>(Duplex<TUp, T> stream, SeededScheduler scheduler)
    {
        var answered = false;
        scheduler.After(AnswerTimeout, () =>
        {
            if (!answered) stream.Cut();
        });
        try
        {
            return await stream.Down.NextAsync();
        }
        finally
        {
            answered = true;
        }
    }

    /// <summary>Runs a stream; its end is the session's where the server says so. False: it did not end well.</summary>
    public static async Task<bool> RunAsync(SimulatedDevice device, Life life, Session session, Action cut, Func<Task> stream)
    {
        life.Opened(cut);
        try
        {
            await stream();
            return true;
        }
        catch (StreamCutException)
        {
            return false;
        }
        catch (RpcException status)
        {
            var fault = StatusMapper.Map(status, Address);
            if (fault.Fault is { NeedsHandshake: true } || fault.Fault is { Kind: SessionFaultKind.Refused }) session.IsOver = true;
            if (fault.Fault is { Kind: SessionFaultKind.Refused }) device.OnRefused(life, fault);
            if (fault.Fault is { CountsAgainstOperations: true }) throw new InvalidOperationException("The server found fault with what the client wrote.", fault);
            if (fault.Fault is { RestartsPull: true } && !life.IsOver)
            {
                device.OnStartsAgain(life);
                await life.Log.RestartPullAsync(CancellationToken.None);
            }

            if (session.IsOver) life.CutStreams();
            return false;
        }
        finally
        {
            life.Closed(cut);
            cut();
        }
    }
}
