using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansSync.Client.Store;

namespace OrleansSync.Client.Hosting;

/// <summary>Opens the host's store from what configuration, code and container say.</summary>
internal static class StoreOpening
{
    /// <exception cref="SyncException">The configuration is not valid (OS2000), or the file cannot be used (OS2001 to OS2004).</exception>
    public static SyncStore Open(
        IServiceProvider services, SyncClientBuilder builder, IConfigurationSection? section, Action<SyncClientSettings>? configure)
    {
        var faults = new List<string>();
        var settings = new SyncClientSettings();
        configure?.Invoke(settings);
        if (section is not null) SettingReader.Read(section, settings, faults);
        var options = OptionsOf(settings, builder, services);
        faults.AddRange(OptionsValidator.Faults(options).Select(fault => Line(fault, section)));
        if (faults.Count > 0)
        {
            throw new SyncException(
                "OS2000", "The sync client cannot start as configured:" + string.Concat(faults.Select(static fault => $"{Environment.NewLine}  - {fault}")));
        }

        return SyncStore.OpenValid(options with { DatabasePath = Rooted(options.DatabasePath, services) });
    }

    private static SyncStoreOptions OptionsOf(SyncClientSettings settings, SyncClientBuilder builder, IServiceProvider services)
    {
        var options = settings.ToOptions() with
        {
            Credentials = builder.Credentials(services),
            Schema = builder.Schema,
            Types = builder.Types,
            LocalTypes = builder.LocalTypes,
            Indexes = builder.Indexes,
            Conditions = builder.Conditions(services),
            HttpHandler = builder.HttpHandler(services),
            MeterFactory = services.GetService<IMeterFactory>(),
        };
        if (services.GetService<TimeProvider>() is { } time) options = options with { TimeProvider = time };
        if (services.GetService<ILoggerFactory>() is { } loggers) options = options with { LoggerFactory = loggers };
        return options;
    }

    private static string Line(OptionFault fault, IConfigurationSection? section) => fault.Option switch
    {
        nameof(SyncStoreOptions.Credentials) => $"{fault.Option} {fault.Fact}: a gateway needs to know who calls; call UseCredentials<T>(), or name no Gateway.",
        _ when section is not null && SettingReader.Keys.Contains(fault.Option) => $"{section.Path}:{fault}",
        _ => fault.ToString(),
    };

    // A service's working directory is seldom where its files are.
    private static string Rooted(string path, IServiceProvider services) =>
        services.GetService<IHostEnvironment>() is { } host ? Path.GetFullPath(path, host.ContentRootPath) : path;
}
