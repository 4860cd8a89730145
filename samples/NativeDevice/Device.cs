using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using OrleansSync.Client;

namespace OrleansSync.Samples.NativeDevice;

/// <summary>Writes, syncs, and tells.</summary>
internal static class Device
{
    private const string PeakMemory = "VmHWM:";

    public static async Task<int> RunAsync(Uri gateway, string user, FileInfo database, int write, CancellationToken cancellationToken)
    {
        try
        {
            await using var store = await SyncStore.OpenAsync(
                new SyncStoreOptions { DatabasePath = database.FullName, Gateway = gateway, Credentials = new DevelopmentToken(user), AutoSync = false },
                cancellationToken);
            using var process = Process.GetCurrentProcess();
            Console.WriteLine($"STARTED {(DateTime.Now - process.StartTime).TotalMilliseconds:0} ms");
            var notes = store.Collection("notes", NotesJson.Default.Note);
            for (var i = 0; i < write; i++) await notes.PutAsync(new Note(store.NewId(), $"Note {i} of this device"), cancellationToken);
            await store.SyncNowAsync(cancellationToken);
            Console.WriteLine($"ROWS {await notes.CountAsync(cancellationToken)} DIGEST {await store.DigestAsync(cancellationToken: cancellationToken)}");
            if (PeakKilobytes() is { } peak) Console.WriteLine($"PEAK {peak} kB");
            return 0;
        }
        catch (SyncException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }
    }

    /// <summary>As Linux tells it; elsewhere there is no such file.</summary>
    private static long? PeakKilobytes()
    {
        const string Status = "/proc/self/status";
        if (!File.Exists(Status)) return null;
        var line = File.ReadLines(Status).First(static line => line.StartsWith(PeakMemory, StringComparison.Ordinal));
        return long.Parse(line[PeakMemory.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    private sealed class DevelopmentToken(string user) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => new(refused is null ? $"dev:{user}" : null);
    }
}

internal sealed record Note(string Id, string Title);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Note))]
internal sealed partial class NotesJson : JsonSerializerContext;
