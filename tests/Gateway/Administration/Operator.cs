using Google.Protobuf;
using Grpc.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Administration;

/// <summary>Somebody who calls the admin service about one user, by a token of the development scheme.</summary>
internal sealed class Operator(GatewayServer server, string user, string name = Operator.Name)
{
    /// <summary>Whom the tests' servers let in.</summary>
    public const string Name = "root";

    public Admin.AdminClient Calls { get; } = new(server.Channel);

    public CallOptions Options { get; } =
        new(new Metadata { { "authorization", $"Bearer dev:{name}" } }, DateTime.UtcNow + TimeSpan.FromMinutes(5));

    public static ByteString Wire(Core.OperationId id) => TestDevice.Wire(id.Value);

    public async Task<IReadOnlyList<DeadLetter>> ListAsync() =>
        (await Calls.ListDeadLettersAsync(new() { User = user }, Options)).Letters;

    public async Task<DeadLetter> GetAsync(ByteString id) =>
        (await Calls.GetDeadLetterAsync(new() { User = user, OperationId = id }, Options)).Letter;

    public async Task<ReplayDeadLetterResponse> ReplayAsync(ByteString id, bool asCreate = false, params FieldChange[] changes) =>
        await Calls.ReplayDeadLetterAsync(new() { User = user, OperationId = id, AsCreate = asCreate, Changes = { changes } }, Options);

    public async Task<bool> DiscardAsync(ByteString id) =>
        (await Calls.DiscardDeadLetterAsync(new() { User = user, OperationId = id }, Options)).Discarded;

    public async Task<WhereIsResponse> WhereIsAsync(ByteString id) =>
        await Calls.WhereIsAsync(new() { User = user, OperationId = id }, Options);
}
