using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansSync.Samples.GitReplay;

/// <summary>Where the replay speaks: lines, and progress as a bar on a terminal and as lines elsewhere.</summary>
internal sealed class ReplayScreen(TextWriter output, bool interactive)
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);

    private readonly TextWriter _output = TextWriter.Synchronized(output);

    /// <summary>A line as it is; a terminal wraps it, so that it can be copied whole. Not while a bar is shown.</summary>
    public void Line(string text) => _output.WriteLine(text);

    /// <summary>Shows how far the work is, with its rate; the work reports how many of all are done.</summary>
    public async Task ProgressAsync(string what, int total, Func<Action<int>, Task> work)
    {
        if (!interactive)
        {
            await work(Lines(what, total));
            return;
        }
        await AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RateColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(what), maxValue: total);
                await work(done => task.Value = done);
            });
    }

    private Action<int> Lines(string what, int total)
    {
        var clock = Stopwatch.StartNew();
        var next = LineEvery;
        return done =>
        {
            if (clock.Elapsed < next && done < total) return;
            next = clock.Elapsed + LineEvery;
            Line($"{what}: {done:n0} of {total:n0}, {done / clock.Elapsed.TotalSeconds:n1}/s");
        };
    }

    private sealed class RateColumn : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            var seconds = task.ElapsedTime?.TotalSeconds ?? 0;
            return new Markup($"[grey]{task.Value:n0}/{task.MaxValue:n0} {(seconds > 0 ? task.Value / seconds : 0):n1}/s[/]");
        }
    }
}
