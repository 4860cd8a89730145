using System.Diagnostics;
using System.Threading.Channels;
using OrleansSync.Bench.Load.Report;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>Sends messages, so many at a time unanswered, and reads the answers, which come in the order sent.</summary>
internal static class Pipeline
{
    public static async Task RunAsync<T>(
        IEnumerable<T> messages, int window, Func<T, CancellationToken, Task> send, Func<CancellationToken, Task> readAnswer,
        Latencies latencies, CancellationToken cancellationToken)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var free = new SemaphoreSlim(window);
        var sent = Channel.CreateBounded<long>(window);
        var reading = ReadAsync();
        try
        {
            foreach (var message in messages)
            {
                await free.WaitAsync(failed.Token);
                await sent.Writer.WriteAsync(Stopwatch.GetTimestamp(), failed.Token);
                await send(message, failed.Token);
            }
        }
        catch (OperationCanceledException) when (reading.IsFaulted)
        {
            // What it met says why.
            await reading;
        }
        finally
        {
            sent.Writer.Complete();
        }

        await reading;

        async Task ReadAsync()
        {
            try
            {
                await foreach (var at in sent.Reader.ReadAllAsync(cancellationToken))
                {
                    await readAnswer(cancellationToken);
                    latencies.Add(Stopwatch.GetElapsedTime(at));
                    free.Release();
                }
            }
            catch
            {
                await failed.CancelAsync();
                throw;
            }
        }
    }
}
