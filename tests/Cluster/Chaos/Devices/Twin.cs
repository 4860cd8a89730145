using Grpc.Core;
using Grpc.Net.Client;
using OrleansSync.Chaos.History;
using OrleansSync.Protocol.V1;
using SyncClient = OrleansSync.Protocol.V1.Sync.SyncClient;

namespace OrleansSync.Chaos.Devices;

/// <summary>
/// Sends a batch that its device sends at this moment a second time, on a stream of its own through any gateway, under the
/// device's own session: what a device does that gave up on a stream too early. The answers must be the same.
/// </summary>
internal sealed class Twin(IReadOnlyList<Uri> gateways, Random random, HistoryRecorder recorder, Action sent) : IDisposable
{
    private const int LatestMilliseconds = 1_500;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly GrpcChannel[] _channels = [.. gateways.Select(static gateway => GrpcChannel.ForAddress(gateway))];
    private int _armed;

    /// <summary>The next batch with increments gets a twin.</summary>
    public void Arm() => Interlocked.Increment(ref _armed);

    /// <summary>The device is about to send a batch.</summary>
    public void OnBatch(OperationBatch batch, Session session, string authorization)
    {
        if (Volatile.Read(ref _armed) == 0 || !batch.Operations.Any(HasIncrement)) return;
        Interlocked.Decrement(ref _armed);
        var (channel, delay) = Draw();
        _ = Task.Run(() => SendAsync(channel, delay, batch.Clone(), session.Clone(), authorization));
    }

    public void Dispose()
    {
        foreach (var channel in _channels) channel.Dispose();
    }

    private static bool HasIncrement(Operation operation) =>
        operation.Changes.Any(static change => change.ChangeCase == FieldChange.ChangeOneofCase.Increment);

    /// <summary>Most at once, some when the first may long have been answered.</summary>
    private (GrpcChannel Channel, TimeSpan Delay) Draw()
    {
        lock (random)
            return (random.Pick(_channels), random.Chance(0.7) ? TimeSpan.Zero : random.Between(1, LatestMilliseconds));
    }

    private async Task SendAsync(GrpcChannel channel, TimeSpan delay, OperationBatch batch, Session session, string authorization)
    {
        try
        {
            await Task.Delay(delay);
            using var call = new SyncClient(channel).Push(new Metadata { { "authorization", authorization } }, DateTime.UtcNow + Deadline);
            await call.RequestStream.WriteAsync(new PushRequest { Open = new PushOpen { Session = session } });
            batch.Number = 1;
            recorder.NoteSent("twin", batch);
            await call.RequestStream.WriteAsync(new PushRequest { Batch = batch });
            sent();
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                if (call.ResponseStream.Current.Acknowledgement is not { } acknowledgement) continue;
                recorder.NoteAnswered("twin", acknowledgement.Outcomes);
                break;
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception fault) when (fault is RpcException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            // A twin that finds no gateway has no one to miss it.
        }
    }
}
