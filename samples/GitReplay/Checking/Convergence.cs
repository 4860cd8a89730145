using OrleansSync.Client;
using OrleansSync.Samples.GitReplay.Replaying;

namespace OrleansSync.Samples.GitReplay.Checking;

/// <summary>Compares devices with each other: digest, and row by row what an app would read.</summary>
internal static class Convergence
{
    public static async Task<Differences> CompareAsync(ReplayDevice one, ReplayDevice other, CancellationToken cancellationToken)
    {
        var differences = new Differences($"{other.Name} against {one.Name}");
        foreach (var device in (ReplayDevice[])[one, other])
        {
            if (device.Store.Status.Pending > 0) differences.Add($"{device.Name} has {device.Store.Status.Pending} operations without an outcome.");
            await foreach (var letter in device.Store.DeadLetters.ListAsync(cancellationToken))
            {
                differences.Add(
                    $"{device.Name} has a dead letter: {letter.Kind} of {letter.Type} '{letter.EntityId}', {letter.Reason} {letter.Code} {letter.Message}");
            }
        }
        var (left, right) = (await one.Store.DigestAsync(null, cancellationToken), await other.Store.DigestAsync(null, cancellationToken));
        if (left != right) differences.Add($"The digest is {right}, not {left}.");
        await RowsAsync(one.Files, other.Files, static row => row.Id, differences, cancellationToken);
        await RowsAsync(one.Churn, other.Churn, static row => row.Id, differences, cancellationToken);
        return differences;
    }

    private static async Task RowsAsync<T>(
        SyncCollection<T> one, SyncCollection<T> other, Func<T, string> id, Differences differences, CancellationToken cancellationToken)
        where T : class
    {
        // Both come in the order of their ids, but a missing row shifts all that follow: so by id.
        var rows = new Dictionary<string, T>(StringComparer.Ordinal);
        await foreach (var row in one.ScanAsync(null, cancellationToken)) rows.Add(id(row), row);
        await foreach (var row in other.ScanAsync(null, cancellationToken))
        {
            if (!rows.Remove(id(row), out var expected)) differences.Add($"{other.Type} '{id(row)}' is there and should not be: {row}");
            else if (!row.Equals(expected)) differences.Add($"{other.Type} '{id(row)}' is {row}, not {expected}");
        }
        foreach (var missing in rows.Values) differences.Add($"{other.Type} '{id(missing)}' is missing: {missing}");
    }
}
