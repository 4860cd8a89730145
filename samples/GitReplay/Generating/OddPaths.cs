using System.Text;

namespace OrleansSync.Samples.GitReplay.Generating;

/// <summary>
/// Paths that git accepts and careless code does not. Paths are held as one char per byte, so that invalid UTF-8 fits too.
/// </summary>
internal static class OddPaths
{
    /// <summary>A file first, a folder later, a file again.</summary>
    public const string FileAndFolder = "swap";

    public const string Submodule = "vendor/module";

    public static IReadOnlyList<string> All { get; } =
    [
        Text("-rf"), Text("--help"), Text("- leading dash.txt"), Text(" leading space"), Text("trailing space "),
        Text("two  spaces.txt"), Text("quote\"d.txt"), Text("apostrophe's.txt"), Text("back\\slash.txt"), Text("tab\there.txt"),
        Text("line\nfeed.txt"), Text("\nfirst is a line feed"), Text("carriage\rreturn.txt"), Text("bell\u0007.txt"),
        Text("delete\u007f.txt"), Text("next line\u0085.txt"), Text("record\u001eseparator"), Text("100%.txt"), Text("%41.txt"),
        Text("%zz"), Text("%"), Text("%~"), Text(":100644 100644"), Text("1\t2\tnumstat.txt"), Text("-\t-\tbinary.txt"),
        Text("$HOME`x`;rm.txt"), Text("*?[a]{b}.txt"), Text(".hidden/.deep"), Text("CON"), Text("Readme"), Text("README"), Text("readme"),
        Text("naïve/cafe\u0301.txt"), Text("naïve/caf\u00e9.txt"), Text("日本語/ファイル.txt"), Text("emoji/👩‍🚀.txt"),
        Text("עברית/עברית.txt"), Text("zero\u200bwidth.txt"), Text("bom\ufeff.txt"), Text("\ufffd replacement.txt"),
        Bytes("invalid/", 0xff), Bytes("invalid/", 0xfe), Bytes("invalid/cut-", 0xe2, 0x82), Bytes("invalid/surrogate-", 0xed, 0xa0, 0x80),
        Bytes("invalid/overlong-", 0xc0, 0xaf), Bytes("invalid/latin1-", 0xe9, (byte)'t', 0xe9),
        Text("long/" + new string('n', 250)), Text("long/" + string.Join('/', Enumerable.Repeat(new string('d', 100), 8))),
        Text("long/" + string.Join('/', Enumerable.Repeat(new string('d', 100), 8)) + "2"),
        Text("long/" + new string('%', 200)), Text($"long/{new string('長', 80)}/{new string('い', 80)}/{new string('名', 80)}"),
    ];

    private static string Text(string path) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(path));

    private static string Bytes(string start, params byte[] rest) => start + Encoding.Latin1.GetString(rest);
}
