using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace OrleansSync.Client.Hosting;

/// <summary>
/// Carries a section of the configuration over into the settings. The platform's binder stops at the first value that does not fit; here
/// every one is told, and a key that is not known too: a typo must not pass.
/// </summary>
internal static class SettingReader
{
    private static readonly Setting[] Known =
    [
        Text(nameof(SyncClientSettings.DatabasePath), static (to, value) => to.DatabasePath = value),
        Address(nameof(SyncClientSettings.Gateway), static (to, value) => to.Gateway = value),
        Text(nameof(SyncClientSettings.DeviceName), static (to, value) => to.DeviceName = value),
        Text(nameof(SyncClientSettings.AppVersion), static (to, value) => to.AppVersion = value),
        Choice(nameof(SyncClientSettings.Durability), static (to, value) => to.Durability = value),
        Flag(nameof(SyncClientSettings.AutoSync), static (to, value) => to.AutoSync = value),
        Flag(nameof(SyncClientSettings.StartsPaused), static (to, value) => to.StartsPaused = value),
        Time(nameof(SyncClientSettings.Debounce), static (to, value) => to.Debounce = value),
        Time(nameof(SyncClientSettings.MaxDebounce), static (to, value) => to.MaxDebounce = value),
        Time(nameof(SyncClientSettings.SavingDebounce), static (to, value) => to.SavingDebounce = value),
        Time(nameof(SyncClientSettings.MinBackoff), static (to, value) => to.MinBackoff = value),
        Time(nameof(SyncClientSettings.MaxBackoff), static (to, value) => to.MaxBackoff = value),
        Time(nameof(SyncClientSettings.Periodic), static (to, value) => to.Periodic = value),
        Time(nameof(SyncClientSettings.ReconcilePeriod), static (to, value) => to.ReconcilePeriod = value),
        Time(nameof(SyncClientSettings.CallTimeout), static (to, value) => to.CallTimeout = value),
        Number(nameof(SyncClientSettings.MaxAnsweredFailures), static (to, value) => to.MaxAnsweredFailures = value),
        Number(nameof(SyncClientSettings.KeptOperations), static (to, value) => to.KeptOperations = value),
        LargeNumber(nameof(SyncClientSettings.KeptBytes), static (to, value) => to.KeptBytes = value),
        Time(nameof(SyncClientSettings.KeptFor), static (to, value) => to.KeptFor = value),
    ];

    /// <summary>The keys that a section can have.</summary>
    public static IEnumerable<string> Keys => Known.Select(static setting => setting.Name);

    /// <param name="section">Where to read.</param>
    /// <param name="settings">What the section does not name stays as it is there.</param>
    /// <param name="faults">Takes what does not fit: key, value, remedy.</param>
    public static void Read(IConfigurationSection section, SyncClientSettings settings, List<string> faults)
    {
        if (section.Value is { Length: > 0 } stray) faults.Add($"{section.Path} is '{stray}': keys are expected below it, not a value.");
        foreach (var child in section.GetChildren())
        {
            if (Known.FirstOrDefault(setting => string.Equals(setting.Name, child.Key, StringComparison.OrdinalIgnoreCase)) is not { } known)
                faults.Add($"{child.Path} is '{child.Value}': the key is not known; {section.Path} has {string.Join(", ", Keys)}.");
            else if (child.GetChildren().Any())
                faults.Add($"{child.Path} has keys below it: {known.Remedy}");
            else if (child.Value is { } value && !known.TrySet(settings, value))
                faults.Add($"{child.Path} is '{value}': {known.Remedy}");
        }
    }

    private static Setting Text(string name, Action<SyncClientSettings, string> set) => new(name, "write a text.", (to, value) =>
    {
        set(to, value);
        return true;
    });

    // An empty one takes back what a file before it has named. Whether it is an address to call, the check of the options tells.
    private static Setting Address(string name, Action<SyncClientSettings, Uri?> set) => new(name, "write an http or https address.", (to, value) =>
    {
        if (!Uri.TryCreate(value, UriKind.RelativeOrAbsolute, out var address)) return false;
        set(to, value.Length == 0 ? null : address);
        return true;
    });

    // By name: a number says nothing to a reader.
    private static Setting Choice(string name, Action<SyncClientSettings, LocalDurability> set) => new(name, "write Full or Normal.", (to, value) =>
    {
        if (!Enum.GetNames<LocalDurability>().Contains(value, StringComparer.OrdinalIgnoreCase)) return false;
        set(to, Enum.Parse<LocalDurability>(value, ignoreCase: true));
        return true;
    });

    private static Setting Flag(string name, Action<SyncClientSettings, bool> set) => new(name, "write true or false.", (to, value) =>
    {
        if (!bool.TryParse(value, out var flag)) return false;
        set(to, flag);
        return true;
    });

    // The platform takes a bare number for days: somebody who writes 15 means none of them.
    private static Setting Time(string name, Action<SyncClientSettings, TimeSpan> set) => new(
        name, "write hours, minutes and seconds, such as 00:00:03.", (to, value) =>
        {
            if (!value.Contains(':', StringComparison.Ordinal)) return false;
            if (!TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var time)) return false;
            set(to, time);
            return true;
        });

    private static Setting Number(string name, Action<SyncClientSettings, int> set) => new(name, "write a whole number.", (to, value) =>
    {
        if (!int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return false;
        set(to, number);
        return true;
    });

    private static Setting LargeNumber(string name, Action<SyncClientSettings, long> set) => new(name, "write a whole number.", (to, value) =>
    {
        if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return false;
        set(to, number);
        return true;
    });

    /// <param name="Name">Of the key and of the member of the settings.</param>
    /// <param name="Remedy">What to write.</param>
    /// <param name="TrySet">False: the text is no such value.</param>
    private sealed record Setting(string Name, string Remedy, Func<SyncClientSettings, string, bool> TrySet);
}
