using System.Globalization;
using OrleansSync.Client.Store;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Workload;

/// <summary>What an act writes with: the write, whose it is, and a value that no other write has.</summary>
internal readonly record struct Writing(WriteSet Set, string Value)
{
    public JsonValue Json => JsonValue.FromText(string.Create(CultureInfo.InvariantCulture, $"\"{Value}\""));
}

/// <summary>The things an app does. Another one joins by a line.</summary>
internal static class Acts
{
    private const int Ids = 3;

    private static readonly Action<Writing, int, int>[] All =
    [
        static (write, a, b) => write.Set.Put(KeyOf(a, b), [new SetField("title", write.Json), new SetField("text", write.Json)]),
        static (write, a, b) => write.Set.Put(KeyOf(a, b), [new SetField("title", write.Json)]),
        static (write, a, b) => write.Set.Patch(KeyOf(a, b), [new SetField("title", write.Json)]),
        static (write, a, b) => write.Set.Patch(KeyOf(a, b), [new RemoveField("text"), new IncrementField("count", b + 1)]),
        static (write, a, b) => write.Set.Patch(KeyOf(a, b), [new IncrementField("count", 1)]),
        static (write, a, b) => write.Set.Patch(KeyOf(a, b), [new AddElement("tags", SetElement.Of($"t{b % 2}"), 0, [])]),
        static (write, a, b) => write.Set.Patch(KeyOf(a, b), [new RemoveElement("tags", SetElement.Of($"t{b % 2}"), [])]),
        static (write, a, b) => write.Set.Delete(KeyOf(a, b)),
        static (write, _, b) => Increment(write, b),
        static (write, _, b) => Increment(write, b),
        static (write, _, b) => SetRegister(write, b),
    ];

    public static int Count => All.Length;

    public static void One(Writing write, int act, int a, int b) => All[act % All.Length](write, a, b);

    /// <summary>The same mark on all of the pairs.</summary>
    public static void Pairs(Writing write)
    {
        foreach (var key in Types.PairKeys) write.Set.Put(key, [new SetField("mark", write.Json)]);
    }

    /// <summary>A strict entity that everybody changes, and a counter beside it.</summary>
    public static void StrictAndCounted(Writing write)
    {
        write.Set.Put(new EntityKey(Types.Strict, "e0"), [new SetField("title", write.Json)]);
        Increment(write, 0);
    }

    private static EntityKey KeyOf(int a, int b) => new(Types.Mutable[a % Types.Mutable.Count].Type, $"e{b % Ids}");

    private static void Increment(Writing write, int b)
    {
        var key = new EntityKey(Types.Ledger, $"e{b % Ids}");
        if (write.Set.Find(key) is null) write.Set.Put(key, [new SetField("title", write.Json)]);
        write.Set.Patch(key, [new IncrementField("count", b + 1)]);
    }

    private static void SetRegister(Writing write, int b) =>
        write.Set.Put(new EntityKey(Types.Ledger, $"e{b % Ids}"), [new SetField("title", write.Json)]);
}
