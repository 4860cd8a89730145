using OrleansSync.Chaos.Devices.Wire;

namespace OrleansSync.Cluster.Tests.Network;

/// <summary>The history reads the messages of a call, however the bytes are cut.</summary>
public sealed class MessageFramesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1_000_000)]
    public void Messages_are_found_in_pieces_of_any_size(int piece)
    {
        byte[][] sent = [[1, 2, 3], [], [.. Enumerable.Range(0, 9_000).Select(static i => (byte)i)]];
        byte[] bytes = [.. sent.SelectMany(static message => Frame(message))];
        var found = new List<byte[]>();
        var frames = new MessageFrames(message => found.Add(message.ToArray()));
        foreach (var chunk in bytes.Chunk(piece)) frames.Add(chunk);
        Assert.Equal(sent, found);
    }

    [Fact]
    public void A_compressed_message_is_an_error() =>
        Assert.Throws<InvalidDataException>(() => new MessageFrames(static _ => { }).Add([1, 0, 0, 0, 0]));

    private static byte[] Frame(byte[] message) => [0, 0, 0, (byte)(message.Length >> 8), (byte)message.Length, .. message];
}
