using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Support;

namespace OrleansSync.Gateway.Tests.Life;

/// <summary>One operation id leads through the logs of its device, the server and the other device.</summary>
public sealed class LifecycleLogTests
{
    private const string Secret = "do not log me";

    [Fact]
    public async Task R13_R26_An_operation_is_followed_by_its_id_from_the_device_that_wrote_it_to_the_device_that_got_it()
    {
        var log = new EventLog();
        await using var life = await LifeServer.StartAsync(
            static sync => sync.AcceptUndeclaredTypes(),
            host => host.Logging.AddProvider(log).AddFilter<EventLog>("OrleansSync", LogLevel.Debug));
        var user = SharedServer.NewUser();
        var (a, b) = (await life.OpenAsync(user, "a", loggers: log), await life.OpenAsync(user, "b", loggers: log));
        await LifeServer.SyncAsync(a, b);

        var receipt = await a.Collection("tasks").PutAsync(new SyncDocument("1", new JsonObject { ["title"] = Secret }));
        await LifeServer.SyncAsync(a, b);
        var operation = Assert.Single(receipt.Operations).Value.ToString("D");

        // Received, committed, acknowledged; sent by its device, which logs it once it is on its way, and answered there.
        int[] events = [.. log.Of(operation).Select(static entry => entry.Event)];
        Assert.Equal([3050, 2051, 3051], events.Where(static id => id >= 2000));
        Assert.Equal([1102, 1103], events.Where(static id => id < 2000));
        Assert.Equal(1103, events[^1]);
        var committed = log.Of(operation).Single(static entry => entry.Event == 2051);
        Assert.Equal(OutcomeKind.Applied, committed.Values["Outcome"]);
        var sequence = Assert.IsType<long>(committed.Values["Sequence"]);
        var told = log.All.Where(entry => entry.Event is 2054 or 3052 or 3053 && Equals(entry.Values["Sequence"], sequence)).ToArray();
        Assert.Contains(told, static entry => entry.Event == 2054);
        // Written to a stream of b, and applied there.
        var devices = told.Where(static entry => entry.Event is 3052 or 3053).Select(static entry => entry.Values["Device"]).Distinct();
        Assert.Equal(2, devices.Count());
        Assert.Contains(log.All, entry => entry.Event == 1200 && Equals(entry.Values["Cursor"], sequence) && Equals(entry.Values["Rows"], 1));
        // Never what it says.
        Assert.NotEmpty(log.All);
        Assert.DoesNotContain(log.All, static entry => entry.Text.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task R13_R26_A_repetition_a_rejection_and_a_dead_letters_end_are_events_with_their_ids()
    {
        var log = new EventLog();
        await using var server = await GatewayServer.StartAsync(
            static sync => sync.AcceptUndeclaredTypes().AllowOperators("sub", Administration.Operator.Name),
            host => host.Logging.AddProvider(log).AddFilter<EventLog>("OrleansSync", LogLevel.Debug));
        var device = await TestDevice.OpenAsync(server, "ada");
        var admin = new Administration.Operator(server, "ada");
        var (twice, late) = (device.Create("tasks", "1"), device.Update("tasks", "gone", TestDevice.Set("title", "1")));
        late.Base = 1;
        await device.PushAsync(twice);
        await device.PushAsync(twice);
        await device.PushAsync(late);
        await admin.ReplayAsync(late.Id);
        await admin.DiscardAsync(late.Id);

        Assert.Equal([3050, 2051, 3051, 3050, 2050, 3051], log.Of(IdOf(twice)).Select(static entry => entry.Event));
        Assert.Equal([3050, 2052, 3051, 2055, 2056], log.Of(IdOf(late)).Select(static entry => entry.Event));
        var rejected = log.Of(IdOf(late)).Single(static entry => entry.Event == 2052);
        Assert.Equal((LogLevel.Information, RejectionReason.EntityGone, 2L), (rejected.Level, rejected.Values["Reason"], rejected.Values["Sequence"]));

        static string IdOf(Protocol.V1.Operation operation) => new Guid(operation.Id.Span, bigEndian: true).ToString("D");
    }

    [Fact]
    public async Task R26_Above_debug_an_operation_that_is_taken_leaves_no_event()
    {
        var log = new EventLog();
        await using var server = await GatewayServer.StartAsync(
            static sync => sync.AcceptUndeclaredTypes(),
            host => host.Logging.AddProvider(log).AddFilter<EventLog>("OrleansSync", LogLevel.Information));
        var device = await TestDevice.OpenAsync(server, "ada");
        var late = device.Update("tasks", "gone", TestDevice.Set("title", "1"));
        late.Base = 1;
        await device.PushAsync(device.Create("tasks", "1"));
        await device.PushAsync(late);

        Assert.Equal([2052], log.All.Select(static entry => entry.Event).Where(static id => id is (>= 2050 and < 2070) or (>= 3050 and < 3070)));
    }

    /// <summary>The events of this product, in the order they were logged.</summary>
    private sealed class EventLog : ILoggerProvider, ILoggerFactory
    {
        private readonly ConcurrentQueue<Entry> _entries = new();

        public IReadOnlyList<Entry> All => [.. _entries];

        /// <summary>Those that name an operation.</summary>
        public IReadOnlyList<Entry> Of(string operation) =>
            [.. _entries.Where(entry => entry.Values.Any(value => value.Key is "Operation" or "Letter" && value.Value?.ToString() == operation))];

        public ILogger CreateLogger(string categoryName) => new Recorder(_entries, categoryName.StartsWith("OrleansSync", StringComparison.Ordinal));

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
            // The test reads on.
        }

        private sealed class Recorder(ConcurrentQueue<Entry> entries, bool ours) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => ours;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (!ours) return;
                var values = (state as IReadOnlyList<KeyValuePair<string, object?>> ?? []).ToDictionary(static pair => pair.Key, static pair => pair.Value);
                entries.Enqueue(new Entry(logLevel, eventId.Id, $"{formatter(state, exception)}{exception}", values));
            }
        }
    }

    private sealed record Entry(LogLevel Level, int Event, string Text, IReadOnlyDictionary<string, object?> Values);
}
