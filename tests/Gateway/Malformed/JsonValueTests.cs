using Google.Protobuf;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Malformed;

[Collection(SharedServerTests.Name)]
public sealed class JsonValueTests(SharedServer shared)
{
    [Fact]
    public Task Broken_json_is_refused() => RefusesAsync("{\"a\":", "INVALID_JSON");

    [Fact]
    public Task An_empty_value_is_refused() => RefusesAsync("", "INVALID_JSON");

    [Fact]
    public Task Two_values_in_one_are_refused() => RefusesAsync("1 2", "INVALID_JSON");

    [Fact]
    public Task A_comment_is_refused() => RefusesAsync("1/*one*/", "INVALID_JSON");

    [Fact]
    public Task A_trailing_comma_is_refused() => RefusesAsync("[1,]", "INVALID_JSON");

    [Fact]
    public Task Bytes_that_are_no_utf8_are_refused() => RefusesAsync(ByteString.CopyFrom((byte)'"', 0xc3, 0x28, (byte)'"'), "INVALID_JSON");

    [Fact]
    public Task A_raw_nul_is_refused() => RefusesAsync("\"a\0b\"", "NUL_CHARACTER");

    [Fact]
    public Task An_escaped_nul_is_refused() => RefusesAsync("\"a\\u0000b\"", "NUL_CHARACTER");

    [Fact]
    public Task An_escaped_nul_in_a_key_is_refused() => RefusesAsync("{\"a\\u0000\":1}", "NUL_CHARACTER");

    [Fact]
    public Task An_escaped_lone_surrogate_is_refused() => RefusesAsync("\"\\ud800\"", "LONE_SURROGATE");

    [Fact]
    public Task A_raw_lone_surrogate_is_refused() =>
        RefusesAsync(ByteString.CopyFrom((byte)'"', 0xed, 0xa0, 0x80, (byte)'"'), "INVALID_JSON");

    [Fact]
    public Task Duplicate_keys_are_refused() => RefusesAsync("{\"a\":1,\"a\":2}", "DUPLICATE_KEY");

    [Fact]
    public Task Duplicate_keys_that_are_spelt_differently_are_refused() => RefusesAsync("{\"a\":1,\"\\u0061\":2}", "DUPLICATE_KEY");

    [Fact]
    public Task White_space_before_a_value_is_refused() => RefusesAsync(" 1", "SURROUNDING_WHITE_SPACE");

    [Fact]
    public Task White_space_after_a_value_is_refused() => RefusesAsync("1\n", "SURROUNDING_WHITE_SPACE");

    [Fact]
    public Task A_value_of_33_levels_is_refused() => RefusesAsync(Nested(33), "TOO_DEEP");

    [Fact]
    public Task A_value_of_32_levels_is_taken() => TakesAsync(Nested(32));

    [Fact]
    public Task A_value_of_64_KiB_and_a_byte_is_refused() => RefusesAsync(OfBytes(64 * 1024 + 1), "VALUE_TOO_LARGE");

    [Fact]
    public Task A_value_of_64_KiB_is_taken() => TakesAsync(OfBytes(64 * 1024));

    [Fact]
    public async Task A_value_is_kept_byte_by_byte()
    {
        const string json = "{ \"b\": 1.10, \"a\": \"\\u00e9\\ud83d\\ude00é\" , \"n\":-0e+3}";
        var scene = await Scene.OpenAsync(shared.Server);
        await scene.Device.PushAsync(scene.Device.Create("notes", "1", TestDevice.Set("body", json)));
        Assert.Equal(json, Pulled.Value((await scene.Healthy.PullAsync()).Row("notes", "1"), "body"));
    }

    private static string Nested(int levels) => new string('[', levels) + new string(']', levels);

    private static string OfBytes(int bytes) => $"\"{new string('x', bytes - 2)}\"";

    private Task RefusesAsync(string json, string reason) => RefusesAsync(ByteString.CopyFromUtf8(json), reason);

    private async Task RefusesAsync(ByteString json, string reason)
    {
        var scene = await Scene.OpenAsync(shared.Server);
        await scene.RefusesAsync(operation => operation.Changes[0].Set = json, reason, "batch.operations[0].changes[0].set");
    }

    private async Task TakesAsync(string json)
    {
        var scene = await Scene.OpenAsync(shared.Server);
        var acknowledgement = await scene.Device.PushAsync(scene.Device.Update("tasks", "kept", TestDevice.Set("title", json)));
        Assert.Equal(OutcomeKind.Merged, Assert.Single(acknowledgement.Outcomes).Kind);
        Assert.Equal(json, Pulled.Value((await scene.Healthy.PullAsync()).Row("tasks", "kept"), "title"));
    }
}
