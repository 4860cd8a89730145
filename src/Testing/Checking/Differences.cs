using OrleansSync.Core;

namespace OrleansSync.Testing.Checking;

/// <summary>Tells how devices differ, in words of the app: entities and fields.</summary>
internal static class Differences
{
    private const int MostLines = 20;

    /// <exception cref="SyncWorldException">The devices differ.</exception>
    public static async Task AssertNoneAsync(string user, IReadOnlyList<SyncDevice> devices)
    {
        if (devices.Count < 2) throw new SyncWorldException($"{user} has {devices.Count} open devices: there is nothing to compare.");
        var contents = await Task.WhenAll(devices.Select(Content.OfAsync));
        string[] lines = [.. Documents(contents)];
        if (lines.Length == 0) lines = [.. Below(contents)];
        if (lines.Length == 0) return;
        var shown = lines.Take(MostLines).Select(static line => $"{Environment.NewLine}  {line}");
        var more = lines.Length > MostLines ? $"{Environment.NewLine}  and {lines.Length - MostLines} more" : "";
        throw new SyncWorldException($"The devices of {user} are not identical:{string.Concat(shown)}{more}");
    }

    /// <summary>What the apps see.</summary>
    private static IEnumerable<string> Documents(Content[] contents)
    {
        var keys = contents.SelectMany(static content => content.Entities.Keys).Distinct()
            .OrderBy(static key => key.Type, StringComparer.Ordinal).ThenBy(static key => key.Id, StringComparer.Ordinal);
        foreach (var key in keys)
        {
            var without = contents.Where(content => !content.Entities.ContainsKey(key)).ToArray();
            if (without.Length > 0)
            {
                var with = contents.Except(without).Select(content => content.Told(key));
                yield return $"{key} is on {string.Join(", ", with)} and not on {string.Join(", ", without.Select(static content => content.Device))}";
                continue;
            }

            foreach (var line in Fields(key, contents)) yield return line;
        }
    }

    private static IEnumerable<string> Fields(EntityKey key, Content[] contents)
    {
        var names = contents.SelectMany(content => content.Entities[key].Fields.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var values = contents
                .GroupBy(content => content.Entities[key].Fields.GetValueOrDefault(name, "absent"), content => content.Told(key), StringComparer.Ordinal)
                .Select(static value => $"{value.Key} on {string.Join(", ", value)}")
                .ToArray();
            if (values.Length > 1) yield return $"{key} {name}: {string.Join("; ", values)}";
        }
    }

    /// <summary>Their apps see the same; by chance, or because it is.</summary>
    private static IEnumerable<string> Below(Content[] contents) =>
        contents.Select(static content => content.Digest).Distinct(StringComparer.Ordinal).Count() == 1
            ? []
            : contents.Select(static content => $"{content.Device} shows the same, from other rows of the server: cursor {content.Cursor}, digest {content.Digest}");
}
