using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Hosting;

public sealed class ExecutableTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleanssync-executable-").FullName;

    [Fact]
    public async Task It_says_on_one_line_when_and_where_it_is_ready_and_is()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        Assert.Equal(_folder, server.Data);
        Assert.Single(server.Output.Split('\n'));
        using var http = new HttpClient { BaseAddress = server.Http };
        Assert.Equal("Healthy", await http.GetStringAsync("/health/ready"));
        Assert.Equal("Healthy", await http.GetStringAsync("/health/live"));
        Assert.Contains("OrleansSync", await http.GetStringAsync("/"), StringComparison.Ordinal);
        using var channel = GrpcChannel.ForAddress(server.Grpc);
        var welcome = await HandshakeAsync(channel);
        Assert.Equal(16, welcome.SessionToken.Length);
        Assert.True(File.Exists(Path.Combine(_folder, "sync.db")));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_ends_a_watch_with_a_status_to_retry_and_the_process_with_0(string signal)
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        using var channel = GrpcChannel.ForAddress(server.Grpc);
        var sync = new Sync.SyncClient(channel);
        var id = TestDevice.NewId();
        var welcome = await HandshakeAsync(channel, id);
        var session = new Session { DeviceId = id, Token = welcome.SessionToken };
        using var watch = sync.Watch(new WatchRequest { Session = session }, Ada());
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        await server.SignalAsync(signal);

        StatusAssert.TellsWhenToRetry(await StatusAssert.ThrowsAsync(
            StatusCode.Unavailable, "SHUTTING_DOWN", () => watch.ResponseStream.MoveNext(CancellationToken.None)));
        Assert.Equal(0, await server.ExitAsync());
        Assert.Equal("", server.Errors);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart()
    {
        var id = TestDevice.NewId();
        HandshakeResponse welcome;
        await using (var first = await ServerProcess.StartAsync(_folder))
        {
            using var channel = GrpcChannel.ForAddress(first.Grpc);
            welcome = await HandshakeAsync(channel, id);
            using var push = new PushCall(new Sync.SyncClient(channel).Push(Ada()));
            var session = new Session { DeviceId = id, Token = welcome.SessionToken };
            await push.SendAsync(new PushRequest { Open = new PushOpen { Session = session } });
            await push.SendAsync(TestDevice.Batch(new Operation
            {
                Id = TestDevice.NewId(),
                Type = "notes",
                EntityId = "1",
                Kind = OperationKind.Create,
                Counter = 1,
                Generation = 1,
                Changes = { TestDevice.Set("text", "\"kept\"") },
            }));
            Assert.Equal(OutcomeKind.Applied, Assert.Single((await push.AcknowledgementAsync()).Outcomes).Kind);
        }

        await using var second = await ServerProcess.StartAsync(_folder);
        using var again = GrpcChannel.ForAddress(second.Grpc);
        using var pull = new Sync.SyncClient(again).Pull(
            new PullRequest { Session = new Session { DeviceId = id, Token = welcome.SessionToken } }, Ada());
        Assert.True(await pull.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal("\"kept\"", Pulled.Value(Assert.Single(pull.ResponseStream.Current.Page.Rows), "text"));
        Assert.Equal(welcome.Lineage, pull.ResponseStream.Current.Page.Cursor.Lineage);
    }

    [Fact]
    public async Task A_port_in_use_is_told_with_what_to_do()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";
        await using var server = ServerProcess.Launch("Development", "--data", _folder, "--grpc-port", port, "--http-port", "0");
        Assert.Equal(1, await server.ExitAsync());
        Assert.Contains($"Port {port}", server.Errors, StringComparison.Ordinal);
        Assert.Contains("--grpc-port 0", server.Errors, StringComparison.Ordinal);
        Assert.Equal("", server.Output);
    }

    [Fact]
    public async Task A_folder_in_use_is_told_with_what_to_do()
    {
        await using var first = await ServerProcess.StartAsync(_folder);
        await using var second = ServerProcess.Launch("Development", "--data", _folder, "--grpc-port", "0", "--http-port", "0");
        Assert.Equal(1, await second.ExitAsync());
        var told = second.Errors.Split('\n')[^1];
        Assert.StartsWith("OrleansSync could not start.", told, StringComparison.Ordinal);
        Assert.Contains("use another folder", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outside_Development_the_start_fails_until_authentication_is_configured()
    {
        await using var server = ServerProcess.Launch("Production", "--data", _folder, "--grpc-port", "0", "--http-port", "0");
        Assert.Equal(2, await server.ExitAsync());
        Assert.Contains("OrleansSync:Authentication:UserClaim", server.Errors, StringComparison.Ordinal);
        Assert.Contains("DOTNET_ENVIRONMENT=Development", server.Errors, StringComparison.Ordinal);
        Assert.Equal("", server.Output);
    }

    [Fact]
    public async Task The_executable_says_that_it_has_no_scheme_to_take_a_claim_from()
    {
        await using var server = ServerProcess.Launch(
            "Production", "--data", _folder, "--grpc-port", "0", "--http-port", "0", "--OrleansSync:Authentication:UserClaim=sub");
        Assert.Equal(2, await server.ExitAsync());
        Assert.Contains("OrleansSync:Authentication:UserClaim = sub", server.Errors, StringComparison.Ordinal);
        Assert.Contains("program of your own", server.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--bogus is not known", "--bogus")]
    [InlineData("--data needs a value", "--data")]
    public async Task An_argument_that_makes_no_sense_is_told(string told, params string[] arguments)
    {
        await using var server = ServerProcess.Launch("Development", arguments);
        Assert.Equal(2, await server.ExitAsync());
        Assert.Contains(told, server.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_is_given()
    {
        await using var server = ServerProcess.Launch("Production", "--help");
        Assert.Equal(0, await server.ExitAsync());
        Assert.Contains("--data <folder>", server.Output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CallOptions Ada() => new(new Metadata { { "authorization", "Bearer dev:ada" } }, DateTime.UtcNow + TestDevice.Deadline);

    private static async Task<HandshakeResponse> HandshakeAsync(GrpcChannel channel, Google.Protobuf.ByteString? device = null) =>
        await new Sync.SyncClient(channel).HandshakeAsync(
            new HandshakeRequest { ProtocolVersion = 1, DeviceId = device ?? TestDevice.NewId() }, Ada());
}
