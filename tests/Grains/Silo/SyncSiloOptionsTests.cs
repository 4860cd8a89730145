using Microsoft.Extensions.Hosting;
using OrleansSync.Core;
using OrleansSync.Grains.Storage.InMemory;
using OrleansSync.Silo;

namespace OrleansSync.Grains.Tests.Silo;

public sealed class SyncSiloOptionsTests
{
    [Fact]
    public void What_is_wrong_is_refused_at_start_with_every_fault()
    {
        var options = new SyncSiloOptions
        {
            Storage = SiloStorage.Sqlite(" "),
            Schema = new SyncSchema(
            [
                new EntitySchema("tasks") { Policy = ConflictPolicy.Custom }.Counter("minutes").Set("tags"),
                new EntitySchema("good").Counter("minutes"),
            ]),
            Limits = Limits.Default with { PageRows = 0, QueueOperations = 10 },
            ResponseTimeout = TimeSpan.FromSeconds(1),
            MaxDevices = 0,
            Retention = new() { Journal = TimeSpan.Zero },
        };
        var builder = Host.CreateApplicationBuilder();
        var fault = Assert.Throws<SyncSiloOptionsException>(() => builder.UseOrleans(silo => silo.AddOrleansSyncSilo(options)));

        string[] expected =
        [
            "Storage = Sqlite(\" \")", "ResponseTimeout = 00:00:01", "MaxDevices = 0", "Retention.Journal = 00:00:00", "Limits.PageRows = 0", "Limits.QueueOperations = 10",
            "Entities.tasks.Policy = Custom: give it a resolver",
        ];
        foreach (var line in expected)
        {
            Assert.Single(fault.Faults, found => found.StartsWith(line, StringComparison.Ordinal));
            Assert.Contains(line, fault.Message, StringComparison.Ordinal);
        }

        Assert.Equal(expected.Length, fault.Faults.Count);
    }

    [Fact]
    public void What_is_wired_is_accepted()
    {
        var options = new SyncSiloOptions
        {
            Storage = SiloStorage.Shared(new InMemoryStore()),
            Schema = new SyncSchema([new EntitySchema("tasks").Counter("minutes")]),
        };
        var services = Host.CreateApplicationBuilder().UseOrleans(silo => silo.AddOrleansSyncSilo(options)).Services;
        Assert.Contains(services, service => service.ImplementationInstance == options.Schema);
    }
}
