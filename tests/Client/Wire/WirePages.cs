using Google.Protobuf;
using Grpc.Core;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Tests.Wire;

/// <summary>Pages and rows as the gateway sends them.</summary>
internal static class WirePages
{
    private static readonly ByteString Writer = Uuid(new Guid("0190a000-0000-7000-8000-000000000001"));

    public static Page Complete(Guid lineage, long head, params Row[] rows)
    {
        var page = new Page
        {
            Devices = { Writer },
            Rows = { rows },
            Complete = true,
            Head = head,
            Clock = 1,
            Cursor = new Cursor { Lineage = Uuid(lineage), Sequence = head },
        };
        return page;
    }

    public static Page Part(string token, params Row[] rows) => new()
    {
        Devices = { Writer },
        Rows = { rows },
        Head = 100,
        Clock = 1,
        PageToken = ByteString.CopyFromUtf8(token),
    };

    /// <summary>What the next message goes on with.</summary>
    public static Page Continued(params Row[] rows) => new() { Devices = { Writer }, Rows = { rows }, Head = 100, Clock = 1, Continued = true };

    /// <summary>A row with one field, "title".</summary>
    public static Row Task(string id, long sequence, string title) => new()
    {
        Type = "tasks",
        EntityId = id,
        Sequence = sequence,
        Generation = 1,
        Birth = sequence,
        Births = { sequence },
        LastEdit = new Stamp { Counter = 1, Device = 0 },
        Fields = { new Field { Name = "title", Json = ByteString.CopyFromUtf8($"\"{title}\""), Stamp = new Stamp { Counter = 1, Device = 0 } } },
    };

    /// <summary>A stream of these pages.</summary>
    public static async IAsyncEnumerable<Page> Stream(params Page[] pages)
    {
        await ValueTask.CompletedTask;
        foreach (var page in pages) yield return page;
    }

    /// <summary>A stream that is cut after its first page.</summary>
    public static async IAsyncEnumerable<Page> Cut(Page page)
    {
        await ValueTask.CompletedTask;
        yield return page;
        throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "cut"));
    }

    public static ByteString Uuid(Guid value) => ByteString.CopyFrom(value.ToByteArray(bigEndian: true));
}
