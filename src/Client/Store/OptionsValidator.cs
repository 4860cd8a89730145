using System.Text;
using OrleansSync.Core;

namespace OrleansSync.Client.Store;

/// <summary>Checks the options of a store; tells all faults at once, each with its value and remedy.</summary>
internal static class OptionsValidator
{
    private const int ProfileBytes = 128;
    private const int MostTypes = 1_000;
    private const int MostIndexes = 64;
    private const int MostFields = 8;

    /// <exception cref="SyncException">OS2000, with every fault.</exception>
    public static void Validate(SyncStoreOptions options)
    {
        var faults = new List<string>();
        if (string.IsNullOrWhiteSpace(options.DatabasePath)) faults.Add("DatabasePath is empty: give the path of a file.");
        else if (options.DatabasePath.StartsWith(':') || options.DatabasePath.StartsWith("file:", StringComparison.Ordinal))
            faults.Add($"DatabasePath is '{options.DatabasePath}': give the path of a file; a log in memory would lose what was not sent.");
        if (options.Gateway is { } gateway)
        {
            if (!gateway.IsAbsoluteUri || gateway.Scheme is not ("http" or "https"))
                faults.Add($"Gateway is '{gateway}': give an absolute http or https address.");
            if (options.Credentials is null) faults.Add("Credentials is null: a gateway needs to know who calls; set it, or leave Gateway null.");
        }

        Text(nameof(options.DeviceName), options.DeviceName);
        Text(nameof(options.AppVersion), options.AppVersion);
        Range(nameof(options.Debounce), options.Debounce, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Range(nameof(options.MaxDebounce), options.MaxDebounce, options.Debounce, TimeSpan.FromHours(1));
        Range(nameof(options.SavingDebounce), options.SavingDebounce, TimeSpan.Zero, TimeSpan.FromHours(1));
        Range(nameof(options.MinBackoff), options.MinBackoff, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        Range(nameof(options.MaxBackoff), options.MaxBackoff, options.MinBackoff, TimeSpan.FromDays(1));
        Range(nameof(options.Periodic), options.Periodic, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30));
        Range(nameof(options.CallTimeout), options.CallTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        if (options.Types is { Count: 0 or > MostTypes }) faults.Add($"Types has {options.Types.Count} types: give 1 to {MostTypes}, or null for all.");
        if (options.LocalTypes.Count > MostTypes) faults.Add($"LocalTypes has {options.LocalTypes.Count} types: give at most {MostTypes}.");
        TypeNames(nameof(options.Types), options.Types ?? []);
        TypeNames(nameof(options.LocalTypes), options.LocalTypes);
        faults.AddRange((options.Types ?? []).Intersect(options.LocalTypes, StringComparer.Ordinal).Select(static type => $"Types and LocalTypes both name '{type}': a type is synced, or it is not."));
        if (options.Indexes.Count > MostIndexes) faults.Add($"Indexes has {options.Indexes.Count} indexes: give at most {MostIndexes}.");
        foreach (var index in options.Indexes)
        {
            if (FormRules.CheckName(index.Type, Limits.Default) is not null) faults.Add($"Indexes has {index}: '{index.Type}' is no name of a type.");
            if (index.Fields.Length is 0 or > MostFields) faults.Add($"Indexes has {index}: give 1 to {MostFields} fields.");
            faults.AddRange(index.Fields.Where(static field => FormRules.CheckName(field, Limits.Default) is not null).Select(field => $"Indexes has {index}: '{field}' is no name of a field."));
            if (index.Fields.Distinct(StringComparer.Ordinal).Count() < index.Fields.Length) faults.Add($"Indexes has {index}: name each field once.");
        }

        if (options.MaxAnsweredFailures is < 1 or > 100)
            faults.Add($"MaxAnsweredFailures is {options.MaxAnsweredFailures}: give 1 to 100.");
        if (faults.Count > 0) throw StoreErrors.Options(faults);

        void TypeNames(string name, IEnumerable<string> types) =>
            faults.AddRange(types.Where(static type => FormRules.CheckName(type, Limits.Default) is not null).Select(type => $"{name} has '{type}', which is no name of a type."));

        void Text(string name, string value)
        {
            if (Encoding.UTF8.GetByteCount(value) > ProfileBytes) faults.Add($"{name} is longer than {ProfileBytes} bytes: shorten it.");
        }

        void Range(string name, TimeSpan value, TimeSpan low, TimeSpan high)
        {
            if (value < low || value > high) faults.Add($"{name} is {value}: give {low} to {high}.");
        }
    }
}
