using Grpc.Core;
using OrleansSync.Gateway.Tests.Authentication;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Administration;

/// <summary>Who may call the admin service: operators, where the server knows who they are, and nobody else.</summary>
public sealed class PermissionTests
{
    private static readonly string[] Methods = [.. Admin.Descriptor.Methods.Select(static method => method.Name)];

    [Fact]
    public async Task I9_R26_Without_configuration_nobody_is_let_in_and_the_answer_says_what_to_configure()
    {
        await using var server = await GatewayServer.StartAsync();
        foreach (var method in Methods)
        {
            var exception = await StatusAssert.ThrowsAsync(
                StatusCode.FailedPrecondition, "ADMIN_NOT_ENABLED", () => CallAsync(server, method, Bearer("dev:root")));
            Assert.Contains("OrleansSync:Operators:Claim", exception.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task I9_R26_A_user_who_is_no_operator_is_refused_by_every_call_also_about_the_own_data()
    {
        await using var server = await GatewayServer.StartAsync(static sync => sync.AllowOperators("sub", "root"));
        await TestDevice.OpenAsync(server, "ada");
        Assert.Equal(5, Methods.Length);
        foreach (var method in Methods)
        {
            await StatusAssert.ThrowsAsync(StatusCode.PermissionDenied, "NOT_OPERATOR", () => CallAsync(server, method, Bearer("dev:ada")));
            await StatusAssert.ThrowsAsync(StatusCode.PermissionDenied, "NOT_OPERATOR", () => CallAsync(server, method, Bearer("dev:Root")));
            await StatusAssert.ThrowsAsync(StatusCode.Unauthenticated, "TOKEN_MISSING", () => CallAsync(server, method, new()));
            // An operator gets as far as the message, which is empty.
            await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "INVALID_TEXT", () => CallAsync(server, method, Bearer("dev:root")));
        }
    }

    [Fact]
    public async Task I9_R26_An_operator_is_who_has_the_claim_with_the_value_among_others()
    {
        await using var authority = await TestAuthority.StartAsync();
        await using var server = await GatewayServer.StartAsync(
            sync => sync.UseJwtBearer(authority.Address, "sync").AllowOperators("role", "support"));
        var admin = new Admin.AdminClient(server.Channel);

        Assert.Empty((await admin.ListDeadLettersAsync(new() { User = "bob" }, Token(("role", "user"), ("role", "support")))).Letters);
        foreach (var claims in new (string, string)[][] { [], [("role", "user")], [("roles", "support")], [("role", "support2")], [("role", "Support")] })
        {
            await StatusAssert.ThrowsAsync(
                StatusCode.PermissionDenied, "NOT_OPERATOR", async () => await admin.ListDeadLettersAsync(new() { User = "ada" }, Token(claims)));
        }

        CallOptions Token(params (string Type, string Value)[] claims) =>
            new(Bearer(authority.Token("sync", DateTime.UtcNow.AddHours(1), claims: [("sub", "ada"), .. claims])));
    }

    private static Metadata Bearer(string token) => new() { { "authorization", $"Bearer {token}" } };

    // An empty message of whatever the method takes.
    private static async Task CallAsync(GatewayServer server, string name, Metadata headers)
    {
        var empty = Marshallers.Create(static bytes => bytes, static bytes => bytes);
        var method = new Method<byte[], byte[]>(MethodType.Unary, Admin.Descriptor.FullName, name, empty, empty);
        using var call = server.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(headers), []);
        await call;
    }
}
