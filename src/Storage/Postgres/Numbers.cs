using System.Collections.Concurrent;
using Npgsql;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Postgres;

/// <summary>
/// What the database calls scopes and devices: numbers that never change, so that those once read are kept, up to a bound.
/// </summary>
internal sealed class Numbers(Calls calls)
{
    private const int MaxKept = 100_000;

    private readonly ConcurrentDictionary<ScopeId, long> _scopes = new();
    private readonly ConcurrentDictionary<(long Scope, DeviceId Device), int> _devices = new();

    public void Remember(ScopeId scope, long number) => Keep(_scopes, scope, number);

    public void Remember(long scope, IEnumerable<DeviceRecord> devices)
    {
        foreach (var device in devices) Keep(_devices, (scope, device.Device), device.Number);
    }

    /// <summary>The scope was not where its number pointed.</summary>
    public void Forget(ScopeId scope) => _scopes.TryRemove(scope, out _);

    /// <summary><c>null</c>: there is no such scope.</summary>
    public async ValueTask<long?> OfAsync(ScopeId scope, CancellationToken cancellationToken)
    {
        if (_scopes.TryGetValue(scope, out var kept)) return kept;
        if (string.IsNullOrEmpty(scope.Value) || !StorableText.IsStorable(scope.Value)) return null;
        var found = await calls.ReadAsync(
            async (connection, cancelled) =>
            {
                await using var command = new NpgsqlCommand("SELECT id FROM scopes WHERE scope = $1", connection);
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = scope.Value });
                return (long?)await command.ExecuteScalarAsync(cancelled);
            },
            cancellationToken);
        if (found is { } number) Remember(scope, number);
        return found;
    }

    /// <summary><c>null</c>: one of them is not registered.</summary>
    public async ValueTask<IReadOnlyDictionary<DeviceId, int>?> OfAsync(long scope, ScopeCommit commit, CancellationToken cancellationToken)
    {
        var numbers = new Dictionary<DeviceId, int>();
        HashSet<DeviceId>? missing = null;
        foreach (var entry in commit.Operations) Find(entry.Device);
        foreach (var counter in commit.Counters) Find(counter.Device);
        foreach (var letter in commit.DeadLetters) Find(letter.Operation.Device);
        if (missing is null) return numbers;
        foreach (var (device, number) in await ReadAsync(scope, [.. missing], cancellationToken))
        {
            Keep(_devices, (scope, device), number);
            numbers[device] = number;
            missing.Remove(device);
        }

        return missing.Count == 0 ? numbers : null;

        void Find(DeviceId device)
        {
            if (numbers.ContainsKey(device)) return;
            if (_devices.TryGetValue((scope, device), out var number)) numbers.Add(device, number);
            else (missing ??= []).Add(device);
        }
    }

    private Task<List<(DeviceId, int)>> ReadAsync(long scope, DeviceId[] devices, CancellationToken cancellationToken) => calls.ReadAsync(
        async (connection, cancelled) =>
        {
            await using var command = new NpgsqlCommand("SELECT device, number FROM devices WHERE scope = $1 AND device = ANY($2)", connection);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = scope });
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. devices.Select(static device => device.Value)] });
            await using var reader = await command.ExecuteReaderAsync(cancelled);
            var found = new List<(DeviceId, int)>();
            while (await reader.ReadAsync(cancelled)) found.Add((new DeviceId(reader.GetGuid(0)), reader.GetInt32(1)));
            return found;
        },
        cancellationToken);

    // Read again when needed: it takes many users before this costs anything.
    private static void Keep<TKey, TNumber>(ConcurrentDictionary<TKey, TNumber> kept, TKey key, TNumber number) where TKey : notnull
    {
        if (!kept.TryAdd(key, number)) kept[key] = number;
        else if (kept.Count > MaxKept) kept.Clear();
    }
}
