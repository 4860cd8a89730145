using System.Buffers.Binary;
using CsCheck;
using OrleansSync.Sqlite.Gathering;

namespace OrleansSync.Storage.Tests.Sqlite.Gathering;

/// <summary>Which writes of SQLite reach the system, when, and what becomes of those that fail.</summary>
public sealed class GatheringFileTests
{
    private const int LogHeader = 32;
    private const int Header = 24;
    private const int Page = 512;
    private const int Frame = Header + Page;

    [Fact]
    public void A_transaction_is_one_write_and_is_there_when_its_last_page_is_written()
    {
        using var file = Opened();
        Append(file, frame: 0, ends: false);
        Append(file, frame: 1, ends: false);
        Assert.Empty(file.Calls);

        Append(file, frame: 2, ends: true);
        Assert.Equal([$"write {LogHeader}+{3 * Frame}"], file.Calls);

        file.Calls.Clear();
        Append(file, frame: 3, ends: true);
        Assert.Equal([$"write {LogHeader + (3 * Frame)}+{Frame}"], file.Calls);
        AssertFrames(file, [0, 1, 2, 3]);
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("size")]
    [InlineData("truncate")]
    public void Whatever_else_the_file_is_asked_for_finds_all_that_was_written(string question)
    {
        using var file = Opened();
        Append(file, frame: 0, ends: false);

        const int Size = LogHeader + Frame;
        var code = question switch
        {
            "sync" => file.Sync(),
            "size" => file.Size() is (MemoryFile.Ok, Size) ? MemoryFile.Ok : MemoryFile.Full,
            _ => file.Truncate(Size),
        };

        Assert.Equal(MemoryFile.Ok, code);
        Assert.Equal(2, file.Calls.Count);
        Assert.Equal($"write {LogHeader}+{Frame}", file.Calls[0]);
        Assert.StartsWith(question, file.Calls[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_waits_is_read_from_where_it_waits_and_the_rest_from_the_file()
    {
        using var file = Opened();
        Append(file, frame: 0, ends: true);
        Append(file, frame: 1, ends: false);
        file.Calls.Clear();

        Assert.Equal(PageOf(1), Read(file, LogHeader + Frame + Header, Page));
        Assert.Empty(file.Calls);
        Assert.Equal(PageOf(0), Read(file, LogHeader + Header, Page));
        Assert.Equal([$"read {LogHeader + Header}+{Page}"], file.Calls);

        // Some of both: as the file has it then.
        Assert.Equal([.. PageOf(0), .. HeaderOf(ends: false)], Read(file, LogHeader + Header, Page + Header));
        Assert.Equal([$"write {LogHeader + Frame}+{Frame}", $"read {LogHeader + Header}+{Page + Header}"], file.Calls[1..]);
    }

    private static byte[] Read(MemoryFile file, long offset, int count)
    {
        var read = new byte[count];
        Assert.Equal(MemoryFile.Ok, file.Read(offset, read));
        return read;
    }

    [Fact]
    public void A_frame_that_is_written_again_goes_behind_those_that_wait()
    {
        using var file = Opened();
        Append(file, frame: 0, ends: false);
        Append(file, frame: 1, ends: false);

        Assert.Equal(MemoryFile.Ok, file.Write(LogHeader + Header, PageOf(7)));

        Assert.Equal([$"write {LogHeader}+{2 * Frame}", $"write {LogHeader + Header}+{Page}"], file.Calls);
        AssertFrames(file, [7, 1]);
    }

    [Fact]
    public void The_end_of_a_transaction_that_begins_where_another_connection_stopped_is_there_too()
    {
        using var file = Opened();

        Append(file, frame: 4, ends: true, at: 9);

        Assert.Equal([$"write {LogHeader + (9 * Frame)}+{Header}", $"write {LogHeader + (9 * Frame) + Header}+{Page}"], file.Calls);
    }

    [Fact]
    public void A_header_of_the_end_that_is_written_again_needs_no_page_after_it()
    {
        using var file = Opened();
        Append(file, frame: 0, ends: false);
        Append(file, frame: 1, ends: true);

        Assert.Equal(MemoryFile.Ok, file.Write(LogHeader, HeaderOf(ends: false)));
        Assert.Equal(MemoryFile.Ok, file.Write(LogHeader + Frame, HeaderOf(ends: true)));

        Assert.Equal([$"write {LogHeader}+{Header}", $"write {LogHeader + Frame}+{Header}"], file.Calls[1..]);
    }

    [Fact]
    public void More_than_it_has_room_for_goes_in_several_writes_of_whole_frames()
    {
        using var file = Opened();
        var frames = (GatheringFile.Capacity / Frame) + 10;
        for (var frame = 0; frame < frames; frame++) Append(file, frame, ends: frame == frames - 1);

        Assert.Equal(2, file.Calls.Count);
        Assert.Equal(LogHeader + (frames * Frame), file.Content.Length);
        AssertFrames(file, [.. Enumerable.Range(0, frames)]);
    }

    [Fact]
    public void What_is_larger_than_its_room_goes_straight_through()
    {
        using var file = Opened();
        Append(file, frame: 0, ends: false);

        Assert.Equal(MemoryFile.Ok, file.Write(LogHeader + Frame, new byte[GatheringFile.Capacity + 1]));

        Assert.Equal([$"write {LogHeader}+{Frame}", $"write {LogHeader + Frame}+{GatheringFile.Capacity + 1}"], file.Calls);
    }

    [Fact]
    public void A_transaction_whose_end_cannot_be_written_is_not_written_later()
    {
        using var file = Opened();
        Append(file, frame: 0, ends: false);
        file.WriteCode = MemoryFile.Full;
        Assert.Equal(MemoryFile.Ok, file.Write(LogHeader + Frame, HeaderOf(ends: true)));
        Assert.Equal(MemoryFile.Full, file.Write(LogHeader + Frame + Header, PageOf(1)));

        file.WriteCode = MemoryFile.Ok;
        file.Calls.Clear();
        Assert.Equal(MemoryFile.Ok, file.Sync());
        Append(file, frame: 2, ends: false, at: 0);
        Append(file, frame: 3, ends: true, at: 1);

        Assert.Equal(["sync 2", $"write {LogHeader}+{Header}", $"write {LogHeader + Header}+{Page + Frame}"], file.Calls);
        AssertFrames(file, [2, 3]);
    }

    /// <summary>SQLite may go on reading what it wrote, until it undoes the transaction; and what was there before at any time.</summary>
    [Fact]
    public void What_cannot_be_written_yet_can_still_be_read_and_keeps_nothing_else_from_being_read()
    {
        using var file = Opened();
        Append(file, frame: 0, ends: true);
        Append(file, frame: 1, ends: false);
        file.WriteCode = MemoryFile.Full;
        file.Calls.Clear();

        Assert.Equal(MemoryFile.Full, file.Sync());
        Assert.Equal(PageOf(1), Read(file, LogHeader + Frame + Header, Page));
        Assert.Equal(PageOf(0), Read(file, LogHeader + Header, Page));
        Assert.Equal(MemoryFile.Full, file.Write(LogHeader + Frame, HeaderOf(ends: false)));

        file.WriteCode = MemoryFile.Ok;
        Append(file, frame: 2, ends: true, at: 1);
        AssertFrames(file, [0, 2]);
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("size")]
    [InlineData("truncate")]
    [InlineData("read")]
    [InlineData("write")]
    public void Whatever_meets_a_write_that_fails_says_so(string question)
    {
        using var file = Opened();
        Append(file, frame: 0, ends: false);
        file.WriteCode = MemoryFile.Full;

        Assert.Equal(MemoryFile.Full, question switch
        {
            "sync" => file.Sync(),
            "size" => file.Size().Code,
            "truncate" => file.Truncate(LogHeader),
            "read" => file.Read(0, new byte[LogHeader + Header]),
            _ => file.Write(LogHeader, HeaderOf(ends: false)),
        });
        Assert.Single(file.Calls);
    }

    [Fact]
    public void Closing_leaves_what_has_not_committed_out()
    {
        using var file = Opened();
        Append(file, frame: 0, ends: false);

        Assert.Equal(MemoryFile.Ok, file.Close());
        Assert.Equal(["close"], file.Calls);
    }

    [Fact]
    public void A_file_system_whose_writes_harm_their_neighbours_gets_each_write_as_it_is()
    {
        using var file = new MemoryFile(characteristics: 0);
        Assert.False(file.Gathers);
    }

    [Fact]
    public void Any_writes_leave_what_they_would_without_it()
    {
        // Appends for the most part, as they are; the rest anywhere, so that frames are overwritten in part and in whole.
        var write = Gen.Select(Gen.Frequency((8, Gen.Const(-1)), (2, Gen.Int[0, 3_000])), Gen.OneOf(Gen.Const(Header), Gen.Const(Page), Gen.Const(40_000)), Gen.Byte, Gen.Bool);
        write.List[0, 60].Sample(static writes =>
        {
            using var file = Opened();
            var expected = file.Content.ToArray();
            var end = expected.Length;
            var endsTransaction = false;
            foreach (var (place, count, fill, ends) in writes)
            {
                var data = count == Header ? HeaderOf(ends) : new byte[count];
                data.AsSpan(8).Fill(fill);
                var offset = place < 0 ? end : place;
                end = offset + count;
                if (expected.Length < end) Array.Resize(ref expected, end);
                data.CopyTo(expected.AsSpan(offset));
                Assert.Equal(MemoryFile.Ok, file.Write(offset, data));
                if (endsTransaction) Assert.True(file.Content.SequenceEqual(expected), "A transaction has ended.");
                endsTransaction = count == Header && ends;
            }

            Assert.Equal(MemoryFile.Ok, file.Sync());
            Assert.True(file.Content.SequenceEqual(expected));
        });
    }

    /// <summary>A log with its header, whose calls are not counted.</summary>
    private static MemoryFile Opened()
    {
        var file = new MemoryFile();
        Assert.True(file.Gathers);
        Assert.Equal(MemoryFile.Ok, file.Write(0, new byte[LogHeader]));
        Assert.Equal(MemoryFile.Ok, file.Sync());
        Assert.Equal([$"write 0+{LogHeader}", "sync 2"], file.Calls);
        file.Calls.Clear();
        return file;
    }

    private static void Append(MemoryFile file, int frame, bool ends, int? at = null)
    {
        var offset = LogHeader + ((at ?? frame) * Frame);
        Assert.Equal(MemoryFile.Ok, file.Write(offset, HeaderOf(ends)));
        Assert.Equal(MemoryFile.Ok, file.Write(offset + Header, PageOf(frame)));
    }

    private static byte[] HeaderOf(bool ends)
    {
        var header = new byte[Header];
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), ends ? 77u : 0);
        return header;
    }

    private static byte[] PageOf(int frame)
    {
        var page = new byte[Page];
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(16), frame);
        return page;
    }

    private static void AssertFrames(MemoryFile file, int[] frames)
    {
        for (var i = 0; i < frames.Length; i++)
            Assert.True(file.Content.Slice(LogHeader + (i * Frame) + Header, Page).SequenceEqual(PageOf(frames[i])), $"Frame {i}");
    }
}
