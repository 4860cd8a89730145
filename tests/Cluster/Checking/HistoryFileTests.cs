using System.Text.Json;
using OrleansSync.Chaos.History;

namespace OrleansSync.Cluster.Tests.Checking;

/// <summary>A history that a kill has cut short can be continued and read; a damaged one cannot.</summary>
public sealed class HistoryFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.jsonl");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void What_is_added_is_read_again()
    {
        using (var file = new HistoryFile(_path))
        {
            file.Add(new Opened(Guid.Empty, "ada", 0));
            file.Add(new Written(1, [Guid.Empty], [new Intention("notes", "n", null) { Set = new Dictionary<string, string> { ["title"] = "\"x\"" } }]));
        }

        var events = HistoryFile.ReadAll(_path);
        Assert.Equal(2, events.Count);
        Assert.Equal("\"x\"", Assert.IsType<Written>(events[1]).Changes[0].Set["title"]);
    }

    [Fact]
    public void A_line_that_a_kill_cut_short_is_left_out()
    {
        using (var file = new HistoryFile(_path)) file.Add(new WriteBegun(1, "registers"));
        File.AppendAllText(_path, "{\"event\":\"begun\",\"wri");
        using (var file = new HistoryFile(_path)) file.Add(new Opened(Guid.Empty, "ada", 1));

        Assert.Collection(HistoryFile.ReadAll(_path), static one => Assert.IsType<WriteBegun>(one), static one => Assert.IsType<Opened>(one));
    }

    [Fact]
    public void A_broken_line_in_the_middle_is_an_error()
    {
        File.WriteAllText(_path, "{\"event\":\"beg\n" + HistoryFile.Format(new WriteBegun(2, "registers")));
        Assert.Throws<JsonException>(() => HistoryFile.ReadAll(_path));
    }
}
