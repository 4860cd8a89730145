using System.Text;
using CsCheck;
using OrleansSync.Samples.GitReplay.Git;

namespace OrleansSync.EndToEnd.Tests.GitReplay;

public sealed class PathTextTests
{
    // Bytes that are likely to meet: separators, percent signs with and without digits, starts and ends of UTF-8 sequences.
    private static readonly Gen<byte> OddByte = Gen.Frequency(
        (3, Gen.Byte),
        (2, OneOf("%~/4140aF\t\n "u8.ToArray())),
        (2, OneOf([0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x91, 0xa9, 0xed, 0xa0, 0x80, 0xc2, 0x85, 0xff, 0x7f])));

    private static readonly Gen<byte[]> Path = OddByte.Array[1, 700];

    [Fact]
    public void A_path_comes_back_from_its_text_byte_by_byte() =>
        Path.Sample(path => Assert.Equal(path, PathText.Unescape(PathText.Escape(path))), iter: 20_000);

    [Fact]
    public void Different_paths_have_different_ids() =>
        Gen.Select(Path, Path).Where(pair => !pair.Item1.AsSpan().SequenceEqual(pair.Item2)).Sample(
            (one, other) => Assert.NotEqual(IdOf(one), IdOf(other)), iter: 20_000);

    [Fact]
    public void An_id_is_valid_utf8_of_1_to_512_bytes_without_control_characters() =>
        Path.Sample(
            path =>
            {
                var id = IdOf(path);
                var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
                Assert.InRange(strict.GetBytes(id).Length, 1, PathText.MaxIdBytes);
                Assert.DoesNotContain(id, char.IsControl);
            },
            iter: 20_000);

    [Fact]
    public void Only_an_id_of_a_text_that_fits_is_the_text() =>
        Path.Sample(
            path =>
            {
                var text = PathText.Escape(path);
                Assert.Equal(Encoding.UTF8.GetByteCount(text) > PathText.MaxIdBytes, PathText.IsShortened(PathText.IdOf(text)));
                Assert.Equal(!PathText.IsShortened(PathText.IdOf(text)), PathText.IdOf(text) == text);
            },
            iter: 20_000);

    [Theory]
    [InlineData("src/a b.txt", "src/a b.txt")]
    [InlineData("100%.txt", "100%25.txt")]
    [InlineData("line\nfeed", "line%0Afeed")]
    [InlineData("next\u0085line", "next%C2%85line")]
    [InlineData("日本語/👩‍🚀", "日本語/👩‍🚀")]
    public void The_text_of_a_path_stays_readable(string path, string text) =>
        Assert.Equal(text, PathText.Escape(Encoding.UTF8.GetBytes(path)));

    [Fact]
    public void Long_paths_with_the_same_beginning_have_different_ids()
    {
        var beginning = new string('長', 300);
        var (one, other) = (PathText.IdOf(beginning + "1"), PathText.IdOf(beginning + "2"));
        Assert.NotEqual(one, other);
        Assert.StartsWith("長長長", one, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(one), 500, PathText.MaxIdBytes);
    }

    private static Gen<byte> OneOf(byte[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static string IdOf(byte[] path) => PathText.IdOf(PathText.Escape(path));
}
