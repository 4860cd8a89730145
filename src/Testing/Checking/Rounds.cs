using Microsoft.Extensions.Time.Testing;
using OrleansSync.Client;

namespace OrleansSync.Testing.Checking;

/// <summary>Lets devices sync in turn until they agree.</summary>
internal static class Rounds
{
    /// <summary>
    /// So many rounds without any change are the end of the hope: more than the failures that the server answers before an operation is given up.
    /// </summary>
    private const int Unchanged = 8;

    public static async Task ConvergeAsync(IReadOnlyList<SyncDevice> devices, FakeTimeProvider time, TimeSpan timeout)
    {
        using var late = new CancellationTokenSource(timeout);
        SyncDevice[] online = [.. devices.Where(static device => device.IsOnline)];
        var failures = new Dictionary<SyncDevice, string>();
        var before = Array.ConvertAll(online, Standing.Of);
        var unchanged = 0;
        while (true)
        {
            foreach (var device in online)
            {
                if (await TrySyncAsync(device, time, late.Token) is { } failure) failures[device] = failure;
                else failures.Remove(device);
            }

            var after = Array.ConvertAll(online, Standing.Of);
            string[] behind = [.. Behind(online, after, failures)];
            if (behind.Length == 0) return;
            unchanged = after.AsSpan().SequenceEqual(before) ? unchanged + 1 : 0;
            before = after;
            if (late.IsCancellationRequested) throw Failed($"within {timeout}", behind);
            if (unchanged == Unchanged) throw Failed("and syncing changes nothing any more", behind);
        }
    }

    /// <summary><c>null</c>: it has synced.</summary>
    private static async Task<string?> TrySyncAsync(SyncDevice device, FakeTimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var syncing = device.Syncing;
            await syncing.UntilAtRestAsync().WaitAsync(cancellationToken);
            var sync = syncing.SyncNowAsync(cancellationToken);
            // Nothing but time ends that wait.
            if (syncing.Observe() is { Postponed: true, WakesAfter: { } wait }) time.Advance(wait);
            await sync;
            return null;
        }
        catch (SyncException failure)
        {
            return failure.Message;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return "its sync did not end.";
        }
    }

    private static IEnumerable<string> Behind(SyncDevice[] devices, Standing[] standings, Dictionary<SyncDevice, string> failures)
    {
        for (var i = 0; i < devices.Length; i++)
        {
            var (device, standing) = (devices[i], standings[i]);
            var head = standings.Where((_, other) => devices[other].User == device.User).Max(static other => other.Cursor);
            if (failures.TryGetValue(device, out var failure)) yield return $"{Told(device, standing)}: {failure}";
            else if (standing.Pending > 0 || standing.Cursor < head) yield return $"{Told(device, standing)}, of {head}";
        }
    }

    private static string Told(SyncDevice device, Standing standing) =>
        $"{device.Name} (of {device.User}) has {standing.Pending} pending, {standing.DeadLetters} dead letters and cursor {standing.Cursor}";

    private static SyncWorldException Failed(string how, string[] behind) =>
        new($"The devices did not converge {how}:{string.Concat(behind.Select(static line => $"{Environment.NewLine}  {line}"))}");

    private readonly record struct Standing(int Pending, int DeadLetters, long Cursor)
    {
        public static Standing Of(SyncDevice device)
        {
            var status = device.Store.Status;
            return new Standing(status.Pending, status.DeadLetters, device.Store.Log.State.Cursor);
        }
    }
}
