using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Client.Hosting;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Hosting;

/// <summary>What configuration and code say of the host's store.</summary>
public sealed class SettingsTests
{
    /// <summary>They are no values: the builder or the container has them.</summary>
    private static readonly string[] Said =
    [
        nameof(SyncStoreOptions.Credentials), nameof(SyncStoreOptions.Schema), nameof(SyncStoreOptions.Indexes), nameof(SyncStoreOptions.Conditions),
        nameof(SyncStoreOptions.TimeProvider), nameof(SyncStoreOptions.LoggerFactory), nameof(SyncStoreOptions.HttpHandler),
        nameof(SyncStoreOptions.Types), nameof(SyncStoreOptions.LocalTypes), nameof(SyncStoreOptions.MeterFactory),
    ];

    [Fact]
    public void Every_value_of_the_options_has_a_setting_and_a_key_and_the_same_default()
    {
        var options = typeof(SyncStoreOptions).GetProperties().Where(static option => !Said.Contains(option.Name)).ToArray();

        Assert.Equal(Sorted(options.Select(static option => option.Name)), Sorted(SettingReader.Keys));
        Assert.Equal(
            Sorted(options.Select(static option => $"{option.Name} {option.PropertyType}")),
            Sorted(typeof(SyncClientSettings).GetProperties().Select(static setting => $"{setting.Name} {setting.PropertyType}")));
        Assert.Equal(new SyncStoreOptions { DatabasePath = "" }, new SyncClientSettings().ToOptions());
    }

    [Fact]
    public void Every_key_reaches_its_option()
    {
        using var host = new TestHost(
            ("DatabasePath", "a.db"), ("gateway", "https://sync.example.com"), ("DeviceName", "till 4"), ("AppVersion", "1.2"), ("AutoSync", "false"), ("StartsPaused", "true"), ("Durability", "normal"),
            ("Debounce", "00:00:01"), ("MaxDebounce", "00:00:02"), ("SavingDebounce", "00:00:03"), ("MinBackoff", "00:00:00.5"),
            ("MaxBackoff", "00:00:05"), ("Periodic", "1.00:00:00"), ("CallTimeout", "00:00:07"), ("MaxAnsweredFailures", "8"),
            ("KeptOperations", "9"), ("KeptBytes", "70000"), ("KeptFor", "02:00:00"));
        var (settings, faults) = (new SyncClientSettings(), new List<string>());
        SettingReader.Read(host.Section, settings, faults);

        Assert.Empty(faults);
        Assert.Equal(
            new SyncStoreOptions
            {
                DatabasePath = "a.db",
                Gateway = new Uri("https://sync.example.com"),
                DeviceName = "till 4",
                AppVersion = "1.2",
                Durability = LocalDurability.Normal,
                AutoSync = false,
                StartsPaused = true,
                Debounce = TimeSpan.FromSeconds(1),
                MaxDebounce = TimeSpan.FromSeconds(2),
                SavingDebounce = TimeSpan.FromSeconds(3),
                MinBackoff = TimeSpan.FromSeconds(0.5),
                MaxBackoff = TimeSpan.FromSeconds(5),
                Periodic = TimeSpan.FromDays(1),
                CallTimeout = TimeSpan.FromSeconds(7),
                MaxAnsweredFailures = 8,
                KeptOperations = 9,
                KeptBytes = 70_000,
                KeptFor = TimeSpan.FromHours(2),
            },
            settings.ToOptions());
    }

    [Fact]
    public async Task The_section_wins_over_code_and_an_empty_gateway_is_none()
    {
        using var host = new TestHost(("DatabasePath", "section.db"), ("Gateway", ""));
        host.Services.AddOrleansSyncClient(host.Section, static settings =>
            (settings.DatabasePath, settings.Gateway) = ("code.db", new Uri("https://sync.example.com")));
        await using var services = host.Services.BuildServiceProvider();

        Assert.Equal(SyncConnection.Offline, services.GetRequiredService<SyncStore>().Status.Connection);
        Assert.True(File.Exists(host.PathOf("section.db")));
        Assert.False(File.Exists(host.PathOf("code.db")));
    }

    [Fact]
    public async Task Schema_indexes_and_types_of_the_builder_are_those_of_the_store()
    {
        using var host = new TestHost();
        host.Services.AddOrleansSyncClient(static settings => settings.DatabasePath = "app.db")
            .UseSchema(new SyncSchema([new EntitySchema("tasks").Counter("minutes")]))
            .UseIndexes(new LocalIndex("tasks", "title"))
            .UseIndexes(new LocalIndex("tasks", "done"))
            .UseTypes("tasks").UseTypes("photos").UseLocalTypes("drafts");
        await using var services = host.Services.BuildServiceProvider();
        var store = services.GetRequiredService<SyncStore>();

        Assert.Equal([new LocalIndex("tasks", "title"), new LocalIndex("tasks", "done")], store.Database.Indexes);
        Assert.Equal(["photos", "tasks"], store.Subscriptions.Current!.Select(static one => one.Type));
        Assert.Equal(["drafts"], store.Database.Meta.Types.Local);
        Assert.Equal(FieldKind.Counter, store.Database.Meta.Schema.Types["tasks"].KindOf("minutes"));
    }

    [Fact]
    public async Task All_faults_stop_the_start_at_once_each_with_key_value_and_remedy()
    {
        using var host = new TestHost(
            ("Gatewey", "https://sync.example.com"), ("Gateway", "sync.example.com"), ("Debounce", "3"), ("MaxDebounce", "02:00:00"),
            ("AutoSync", "maybe"), ("MaxAnsweredFailures", "0"), ("Periodic:Minutes", "15"), ("DeviceName", new string('n', 129)));
        host.Services.AddOrleansSyncClient(host.Section).UseIndexes(new LocalIndex("no type", "a"));
        using var app = host.Builder.Build();

        var error = await Assert.ThrowsAsync<SyncException>(() => app.StartAsync());

        Assert.Equal("OS2000", error.Code);
        Assert.Equal(
            [
                "Credentials is null: a gateway needs to know who calls; call UseCredentials<T>(), or name no Gateway.",
                "Indexes has no type(a): 'no type' is no name of a type.",
                "OS2000 The sync client cannot start as configured:",
                "Sync:AutoSync is 'maybe': write true or false.",
                "Sync:DatabasePath is empty: give the path of a file.",
                "Sync:Debounce is '3': write hours, minutes and seconds, such as 00:00:03.",
                "Sync:DeviceName is longer than 128 bytes: shorten it.",
                "Sync:Gateway is 'sync.example.com': give an absolute http or https address.",
                $"Sync:Gatewey is 'https://sync.example.com': the key is not known; Sync has {string.Join(", ", SettingReader.Keys)}.",
                "Sync:MaxAnsweredFailures is 0: give 1 to 100.",
                "Sync:MaxDebounce is 02:00:00: give 00:00:03 to 01:00:00.",
                "Sync:Periodic has keys below it: write hours, minutes and seconds, such as 00:00:03.",
            ],
            Sorted(error.Message.Split(Environment.NewLine).Select(static line => line.StartsWith("  - ", StringComparison.Ordinal) ? line[4..] : line)));
    }

    [Fact]
    public async Task A_value_where_the_keys_should_be_is_a_fault()
    {
        using var host = new TestHost();
        host.Builder.Configuration["Sync"] = "app.db";
        host.Services.AddOrleansSyncClient(host.Section);
        using var app = host.Builder.Build();

        var error = await Assert.ThrowsAsync<SyncException>(() => app.StartAsync());

        Assert.Contains("Sync is 'app.db': keys are expected below it, not a value.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_has_one_store()
    {
        using var host = new TestHost();
        host.Services.AddOrleansSyncClient(host.Section);

        Assert.Throws<InvalidOperationException>(() => host.Services.AddOrleansSyncClient(host.Section));
    }

    private static string[] Sorted(IEnumerable<string> lines) => [.. lines.Order(StringComparer.Ordinal)];
}
