using System.Text;
using OrleansSync.Core;

namespace OrleansSync.Client.Store;

/// <summary>What is wrong with one option.</summary>
/// <param name="Option">Its name.</param>
/// <param name="Fact">What it is now, such as "is empty".</param>
/// <param name="Remedy">What to do.</param>
internal readonly record struct OptionFault(string Option, string Fact, string Remedy)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Option} {Fact}: {Remedy}";
}

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
        var faults = Faults(options);
        if (faults.Count > 0) throw StoreErrors.Options([.. faults.Select(static fault => fault.ToString())]);
    }

    /// <summary>Every fault; none: the options are good.</summary>
    public static List<OptionFault> Faults(SyncStoreOptions options)
    {
        var faults = new List<OptionFault>();
        if (string.IsNullOrWhiteSpace(options.DatabasePath)) Add(nameof(options.DatabasePath), "is empty", "give the path of a file.");
        else if (options.DatabasePath.StartsWith(':') || options.DatabasePath.StartsWith("file:", StringComparison.Ordinal))
            Add(nameof(options.DatabasePath), $"is '{options.DatabasePath}'", "give the path of a file; a log in memory would lose what was not sent.");
        if (options.Gateway is { } gateway)
        {
            if (!gateway.IsAbsoluteUri || gateway.Scheme is not ("http" or "https"))
                Add(nameof(options.Gateway), $"is '{gateway}'", "give an absolute http or https address.");
            if (options.Credentials is null)
                Add(nameof(options.Credentials), "is null", "a gateway needs to know who calls; set it, or leave Gateway null.");
        }

        Text(nameof(options.DeviceName), options.DeviceName);
        Text(nameof(options.AppVersion), options.AppVersion);
        Range(nameof(options.Debounce), options.Debounce, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Range(nameof(options.MaxDebounce), options.MaxDebounce, options.Debounce, TimeSpan.FromHours(1));
        Range(nameof(options.SavingDebounce), options.SavingDebounce, TimeSpan.Zero, TimeSpan.FromHours(1));
        Range(nameof(options.MinBackoff), options.MinBackoff, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        Range(nameof(options.MaxBackoff), options.MaxBackoff, options.MinBackoff, TimeSpan.FromDays(1));
        Range(nameof(options.Periodic), options.Periodic, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30));
        Range(nameof(options.ReconcilePeriod), options.ReconcilePeriod, TimeSpan.FromHours(1), TimeSpan.FromDays(365));
        Range(nameof(options.CallTimeout), options.CallTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        CheckTypes();
        CheckIndexes();
        if (options.MaxAnsweredFailures is < 1 or > 100)
            Add(nameof(options.MaxAnsweredFailures), $"is {options.MaxAnsweredFailures}", "give 1 to 100.");
        if (options.KeptOperations is < 0 or > 1_000_000) Add(nameof(options.KeptOperations), $"is {options.KeptOperations}", "give 0 to 1000000.");
        if (options.KeptBytes is < 65_536 or > 1_073_741_824) Add(nameof(options.KeptBytes), $"is {options.KeptBytes}", "give 65536 to 1073741824.");
        Range(nameof(options.KeptFor), options.KeptFor, TimeSpan.FromHours(1), TimeSpan.FromDays(365));
        return faults;

        void Add(string option, string fact, string remedy) => faults.Add(new OptionFault(option, fact, remedy));

        void CheckTypes()
        {
            if (options.Types is { Count: 0 or > MostTypes }) Add(nameof(options.Types), $"has {options.Types.Count} types", $"give 1 to {MostTypes}, or null for all.");
            if (options.LocalTypes.Count > MostTypes) Add(nameof(options.LocalTypes), $"has {options.LocalTypes.Count} types", $"give at most {MostTypes}.");
            TypeNames(nameof(options.Types), options.Types ?? []);
            TypeNames(nameof(options.LocalTypes), options.LocalTypes);
            foreach (var type in (options.Types ?? []).Intersect(options.LocalTypes, StringComparer.Ordinal))
                Add(nameof(options.Types), $"names '{type}' and LocalTypes does too", "a type is synced, or it is not.");
        }

        void CheckIndexes()
        {
            const string option = nameof(options.Indexes);
            if (options.Indexes.Count > MostIndexes) Add(option, $"has {options.Indexes.Count} indexes", $"give at most {MostIndexes}.");
            foreach (var index in options.Indexes)
            {
                if (FormRules.CheckName(index.Type, Limits.Default) is not null) Add(option, $"has {index}", $"'{index.Type}' is no name of a type.");
                if (index.Fields.Length is 0 or > MostFields) Add(option, $"has {index}", $"give 1 to {MostFields} fields.");
                foreach (var field in index.Fields.Where(static field => FormRules.CheckName(field, Limits.Default) is not null))
                    Add(option, $"has {index}", $"'{field}' is no name of a field.");
                if (index.Fields.Distinct(StringComparer.Ordinal).Count() < index.Fields.Length) Add(option, $"has {index}", "name each field once.");
            }
        }

        void TypeNames(string option, IReadOnlyList<string> types)
        {
            foreach (var type in types.Where(static type => FormRules.CheckName(type, Limits.Default) is not null))
                Add(option, $"has '{type}'", "a type is a letter or underscore, then letters, digits, underscores; at most 64.");
            if (types.Contains(ParkedOperation.Type, StringComparer.Ordinal))
                Add(option, $"has '{ParkedOperation.Type}'", "that is the conflict inbox, which every database holds; leave it out.");
        }

        void Text(string name, string value)
        {
            if (Encoding.UTF8.GetByteCount(value) > ProfileBytes) Add(name, $"is longer than {ProfileBytes} bytes", "shorten it.");
        }

        void Range(string name, TimeSpan value, TimeSpan low, TimeSpan high)
        {
            if (value < low || value > high) Add(name, $"is {value}", $"give {low} to {high}.");
        }
    }
}
