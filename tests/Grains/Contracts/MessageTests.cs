using System.Collections;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Serialization;
using OrleansSync.Core;
using OrleansSync.Generators;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Tests.Contracts;

/// <summary>What crosses a process keeps its content, and keeps its bytes from one version to the next.</summary>
public sealed class MessageTests
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private static readonly Serializer<object> Serializer = Services.GetRequiredService<Serializer<object>>();
    private static readonly DeepCopier<object> Copier = Services.GetRequiredService<DeepCopier<object>>();

    public static TheoryData<string> Names => [.. MessageSamples.All.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_message_arrives_as_it_was_sent(string name)
    {
        var sent = MessageSamples.All[name];
        var received = Serializer.Deserialize(Serializer.SerializeToArray(sent));
        Assert.IsType(sent.GetType(), received);
        Assert.Equal(Text(sent), Text(received));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_message_keeps_its_bytes(string name)
    {
        var golden = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Contracts", "golden.txt"))
            .Select(static line => line.Split(' ')).FirstOrDefault(line => line[0] == name);
        var bytes = Convert.ToHexStringLower(Serializer.SerializeToArray(MessageSamples.All[name]));
        Assert.True(
            golden?[1] == bytes, $"Silos of two versions must understand each other. If that is settled, the line is:\n{name} {bytes}");
    }

    [Fact]
    public void Every_contract_has_a_sample()
    {
        var contracts = typeof(IUserGrain).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null)
            .Select(type => type.GetCustomAttribute<AliasAttribute>()!.Alias)
            // State that only grain storage sees; DeviceStateTests has its bytes.
            .Where(static alias => alias != "orleanssync.device-state");
        Assert.Equal(contracts.Order(), MessageSamples.All.Keys.Select(static name => $"orleanssync.{name}").Order());
    }

    [Fact]
    public void Messages_are_not_copied_within_a_silo()
    {
        foreach (var message in MessageSamples.All.Values.Where(static message => message is PushBatch or PushReply or MergeRequest
                     or WriteRequest or MergeReply or FeedPage or CommitNotice))
        {
            Assert.Same(message, Copier.Copy(message));
        }
    }

    [Fact]
    public void An_entity_grains_key_names_scope_type_and_id()
    {
        var key = new EntityGrainKey(ScopeId.ForUser("a/b"), new("tasks", "x/y"));
        Assert.Equal("user/a/b\u001ftasks\u001fx/y", key.ToString());
        Assert.Equal(key, EntityGrainKey.Parse(key.ToString()));
        Assert.Throws<FormatException>(static () => EntityGrainKey.Parse("user/a\u001ftasks"));
        Assert.Throws<FormatException>(static () => EntityGrainKey.Parse("a\u001fb\u001fc\u001fd"));
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        Operation operation => Describe.Operation(operation),
        EntityRow row => Describe.Row(row),
        StoredRows rows => Text(rows.Decode()),
        Exception exception => $"{exception.GetType().Name}: {exception.Message}",
        string or bool or IFormattable => value.ToString()!,
        IEnumerable items => $"[{string.Join(", ", items.Cast<object>().Select(Text))}]",
        _ => $"{value.GetType().Name} {{ {string.Join(", ", Members(value))} }}",
    };

    private static IEnumerable<string> Members(object value) => value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Select(property => $"{property.Name} = {Text(property.GetValue(value))}");
}
