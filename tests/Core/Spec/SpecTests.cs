using System.Text.RegularExpressions;
using OrleansSync.Generators;

namespace OrleansSync.Core.Tests.Spec;

/// <summary>docs/SPEC.md and the tests point at each other: neither side may name what the other lacks.</summary>
public sealed partial class SpecTests
{
    private static readonly string Spec = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "SPEC.md"));

    private static readonly HashSet<string> Tests = Directory
        .EnumerateFiles(Path.Combine(SourceTree.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        .Where(static file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .SelectMany(static file => TestMethod().Matches(File.ReadAllText(file)))
        .Select(static match => match.Groups["name"].Value)
        .ToHashSet(StringComparer.Ordinal);

    [Fact]
    public void Every_test_that_the_spec_names_exists()
    {
        var named = NamedTest().Matches(Spec).Select(static match => match.Groups["name"].Value).ToArray();

        Assert.True(named.Length >= 11, $"the spec names only {named.Length} tests");
        Assert.DoesNotContain(named, static name => !Tests.Contains(name));
    }

    [Fact]
    public void Every_test_named_for_an_invariant_or_a_promise_stands_in_the_spec()
    {
        var missing = Tests.Where(static name => InvariantPrefix().IsMatch(name) && !Spec.Contains($"`{name}`", StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_invariant_and_every_promise_has_a_test()
    {
        foreach (var section in Spec.Split("\n### ").Where(static section => InvariantHeading().IsMatch(section)))
            Assert.True(NamedTest().IsMatch(section), $"no test under: {section.Split('\n')[0]}");

        Assert.Equal(11, Spec.Split("\n### ").Count(static section => section.StartsWith('I') && InvariantHeading().IsMatch(section)));
        Assert.Equal(24, Spec.Split("\n### ").Count(static section => section.StartsWith('R') && InvariantHeading().IsMatch(section)));
    }

    [GeneratedRegex(@"\[(Fact|Theory)[^\]]*\](\s*\[[^\n]*\])*\s*public\s+(async\s+Task|Task|void)\s+(?<name>\w+)", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"^- `(?<name>[A-Za-z]\w*_\w+)`", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 5000)]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"^[IR]\d+_", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex InvariantPrefix();

    [GeneratedRegex(@"^[IR]\d+ ", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex InvariantHeading();
}
