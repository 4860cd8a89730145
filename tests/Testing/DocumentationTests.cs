using OrleansSync.Generators;

namespace OrleansSync.Testing.Tests;

/// <summary>The example of the documentation is a test that runs.</summary>
public sealed class DocumentationTests
{
    [Fact]
    public async Task The_example_of_the_documentation_is_the_sample_of_these_tests()
    {
        var sample = await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "tests", "Testing", "Sample", "TaskSyncTests.cs"));
        var page = await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "docs", "testing.md"));

        Assert.Contains($"```csharp\n{sample}```\n", page, StringComparison.Ordinal);
    }
}
