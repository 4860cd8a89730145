using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Core;
using OrleansSync.Hosting;

namespace OrleansSync.Gateway.Tests.Hosting;

public sealed class ConfigurationTests
{
    [Fact]
    public void All_faults_are_told_at_once_with_key_value_and_remedy()
    {
        var exception = Assert.Throws<OrleansSyncConfigurationException>(() => Build(
            "Production",
            sync => sync.Entity("no name").Counter("x"),
            ("Mode", "Sillo"),
            ("Storge:Path", "data"),
            ("Storage:Provider", "Postgress"),
            ("Entities:tasks:Policy", "FeildMerge"),
            ("Entities:tasks:Fields:minutes", "Conter"),
            ("Entities:notes:Policy", "Custom"),
            ("Entities:_conflicts:Policy", "Manual"),
            ("Limits:Nesting", "513"),
            ("Limits:Nestling", "5"),
            ("Limits:BatchOperations", "many"),
            ("Retention:Tombstones", "30 days"),
            ("Retention:Every", "00:00:00.5"),
            ("Retention:Forever", "true"),
            ("Retention:DeadLetters", "0"),
            ("Operators:Claim", "role"),
            ("Operators:Role", "support"),
            ("AcceptUndeclaredTypes", "perhaps"),
            ("Ports:Grpc", "70000"),
            ("Authentication:Claim", "sub")));

        string[] expected =
        [
            "OrleansSync:Mode = Sillo: choose Embedded, Silo, Gateway",
            "OrleansSync:Storge: the key is not known",
            "OrleansSync:Storage:Provider = Postgress: choose Sqlite, Postgres",
            "OrleansSync:Entities:tasks:Policy = FeildMerge: choose FieldMerge",
            "OrleansSync:Entities:tasks:Fields:minutes = Conter: choose Plain, Counter, Set",
            "Entities.notes.Policy = Custom: give it a resolver",
            "OrleansSync:Entities:_conflicts: the name is that of the conflict inbox",
            "OrleansSync:Limits:Nesting = 513: choose a whole number from 1 to 512",
            "OrleansSync:Limits:Nestling = 5: the key is not known",
            "OrleansSync:Limits:BatchOperations = many: choose a whole number",
            "OrleansSync:Retention:Tombstones = 30 days: choose a time from 00:00:01 to 3650.00:00:00, such as 30.00:00:00 for 30 days",
            "OrleansSync:Retention:Every = 00:00:00.5: choose a time from 00:00:01 to 49.00:00:00",
            "OrleansSync:Retention:Forever = true: the key is not known; OrleansSync:Retention has Tombstones, Journal, Conflicts, DeadLetters, Every",
            "OrleansSync:Retention:DeadLetters = 0: choose a time from 00:00:01 to 3650.00:00:00",
            "OrleansSync:Operators:Role = support: the key is not known; OrleansSync:Operators has Claim, Value",
            "OrleansSync:Operators:Value: name the value that the claim has for operators",
            "OrleansSync:AcceptUndeclaredTypes = perhaps: choose true or false",
            "OrleansSync:Ports:Grpc = 70000: choose a whole number from 0 to 65535",
            "OrleansSync:Authentication:Claim = sub: the key is not known; OrleansSync:Authentication has Authority, Audience, UserClaim",
            "OrleansSync:Authentication:Authority: authentication is not configured",
            "OrleansSync:Entities:no name",
        ];
        foreach (var fault in expected) Assert.Contains(exception.Faults, told => told.StartsWith(fault, StringComparison.Ordinal));
        Assert.All(exception.Faults, told => Assert.Contains(told, exception.Message, StringComparison.Ordinal));
        Assert.Equal(expected.Length, exception.Faults.Count);
    }

    [Fact]
    public void Code_and_configuration_declare_the_same_schema()
    {
        var inCode = Schema(Build("Development", static sync =>
            sync.UseSqlite("data").Entity("tasks").FieldMerge().OnDelete(DeletePolicy.ByTimestamp).Counter("minutes")));
        var inKeys = Schema(Build(
            "Development",
            null,
            ("storage:provider", "sqlite"),
            ("storage:path", "data"),
            ("entities:tasks:policy", "fieldmerge"),
            ("entities:tasks:ondelete", "bytimestamp"),
            ("entities:tasks:fields:minutes", "counter")));
        Assert.Equal(inCode.Hash.ToArray(), inKeys.Hash.ToArray());
        Assert.Equal(FieldKind.Counter, inKeys.Types["tasks"].KindOf("minutes"));
    }

    [Fact]
    public void The_configuration_wins_over_code()
    {
        var app = Build(
            "Development",
            static sync => sync.UseSqlite("data").ConfigureLimits(static limits => limits with { BatchOperations = 7, Nesting = 5 }),
            ("Limits:BatchOperations", "9"));
        var limits = app.Services.GetRequiredService<Limits>();
        Assert.Equal((9, 5), (limits.BatchOperations, limits.Nesting));
    }

    [Fact]
    public void A_type_is_declared_in_one_place()
    {
        var exception = Assert.Throws<OrleansSyncConfigurationException>(() => Build(
            "Development", static sync => sync.UseSqlite("data").Entity("tasks"), ("Entities:tasks:Policy", "FieldMerge")));
        Assert.StartsWith(
            "OrleansSync:Entities:tasks: the type is declared in code too", Assert.Single(exception.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_set_in_code_is_checked_like_one_in_the_configuration()
    {
        var exception = Assert.Throws<OrleansSyncConfigurationException>(() => Build("Development", static sync =>
            sync.UseSqlite("data").ConfigureLimits(static limits => limits with { ValueBytes = 2 * 1024 * 1024 })));
        Assert.StartsWith("OrleansSync:Limits:ValueBytes = 2097152: choose", Assert.Single(exception.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_port_twice_is_a_fault()
    {
        var exception = Assert.Throws<OrleansSyncConfigurationException>(() => Build(
            "Development", static sync => sync.UseSqlite("data"), ("Ports:Grpc", "5080"), ("Ports:Http", "5080")));
        Assert.StartsWith("OrleansSync:Ports:Http = 5080", Assert.Single(exception.Faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Development", true)]
    [InlineData("Production", false)]
    public void Types_that_are_not_declared_are_accepted_in_Development_only(string environment, bool accepted) =>
        Assert.Equal(accepted, Schema(Build(environment, static sync => sync.UseSqlite("data").UserClaim("sub"))).AcceptUndeclared);

    private static SyncSchema Schema(WebApplication app) => app.Services.GetRequiredService<SyncSchema>();

    private static WebApplication Build(
        string environment, Action<OrleansSyncBuilder>? configure, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(settings.Select(static setting =>
            KeyValuePair.Create<string, string?>($"OrleansSync:{setting.Key}", setting.Value)));
        builder.AddOrleansSync(configure);
        return builder.Build();
    }
}
