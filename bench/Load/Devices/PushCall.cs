using Grpc.Core;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>An open push stream of a wire device.</summary>
internal sealed class PushCall : IDisposable
{
    private readonly AsyncDuplexStreamingCall<PushRequest, PushResponse> _call;
    private readonly int _window;
    private long _number;

    private PushCall(AsyncDuplexStreamingCall<PushRequest, PushResponse> call, int window) => (_call, _window) = (call, window);

    public static async Task<PushCall> OpenAsync(WireDevice device, CancellationToken cancellationToken)
    {
        var call = device.Client.Push(device.Headers, cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(new PushRequest { Open = new PushOpen { Session = device.Session } }, cancellationToken);
        if (!await call.ResponseStream.MoveNext(cancellationToken)) throw new BenchException("A push ended before it began.");
        return new PushCall(call, call.ResponseStream.Current.Window.Batches);
    }

    /// <summary>Sends one batch and returns when it is acknowledged.</summary>
    public async Task SendAsync(OperationBatch batch, CancellationToken cancellationToken)
    {
        await WriteAsync(batch, cancellationToken);
        await ReadAsync(cancellationToken);
    }

    /// <summary>Sends all, several at a time, and returns when all are acknowledged.</summary>
    public Task SendAsync(IEnumerable<OperationBatch> batches, Latencies latencies, CancellationToken cancellationToken) =>
        Pipeline.RunAsync(batches, _window, WriteAsync, ReadAsync, latencies, cancellationToken);

    public void Dispose() => _call.Dispose();

    private Task WriteAsync(OperationBatch batch, CancellationToken cancellationToken)
    {
        batch.Number = ++_number;
        return _call.RequestStream.WriteAsync(new PushRequest { Batch = batch }, cancellationToken);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (!await _call.ResponseStream.MoveNext(cancellationToken)) throw new BenchException("A push ended with batches unanswered.");
        foreach (var outcome in _call.ResponseStream.Current.Acknowledgement.Outcomes)
        {
            if (outcome.Kind is not (OutcomeKind.Applied or OutcomeKind.Merged))
                throw new BenchException($"An operation ended as {outcome.Kind}: {outcome.Rejection?.Reason} {outcome.Rejection?.Message}");
        }
    }
}
