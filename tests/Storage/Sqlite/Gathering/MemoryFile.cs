using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansSync.Sqlite.Gathering;

namespace OrleansSync.Storage.Tests.Sqlite.Gathering;

/// <summary>What a gathering file takes for the system's: it keeps what is written, remembers each call, and fails when told. One a thread.</summary>
internal sealed unsafe class MemoryFile : IDisposable
{
    public const int Ok = 0;
    public const int Full = 13;
    public const int PowersafeOverwrite = 0x1000;

    private const int OwnBytes = 16;

    [ThreadStatic]
    private static MemoryFile? _current;

    private readonly NativeFileMethods* _system = (NativeFileMethods*)NativeMemory.AllocZeroed((nuint)sizeof(NativeFileMethods));
    private readonly NativeFile* _file = (NativeFile*)NativeMemory.AllocZeroed((nuint)(OwnBytes + sizeof(GatheringFile)));
    private byte[] _content = [];

    public MemoryFile(int characteristics = PowersafeOverwrite)
    {
        _current = this;
        Characteristics = characteristics;
        *_system = new NativeFileMethods
        {
            Version = 3,
            Close = &OnClose,
            Read = &OnRead,
            Write = &OnWrite,
            Truncate = &OnTruncate,
            Sync = &OnSync,
            FileSize = &OnFileSize,
            DeviceCharacteristics = &OnCharacteristics,
        };
        _file->Methods = _system;
        GatheringFile.Begin(_file, OwnBytes);
    }

    public List<string> Calls { get; } = [];

    public ReadOnlySpan<byte> Content => _content;

    public bool Gathers => _file->Methods != _system;

    /// <summary>What the next writes answer.</summary>
    public int WriteCode { get; set; }

    private int Characteristics { get; }

    public int Write(long offset, ReadOnlySpan<byte> data)
    {
        fixed (byte* bytes = data) return _file->Methods->Write(_file, bytes, data.Length, offset);
    }

    public int Read(long offset, Span<byte> data)
    {
        fixed (byte* bytes = data) return _file->Methods->Read(_file, bytes, data.Length, offset);
    }

    public int Truncate(long size) => _file->Methods->Truncate(_file, size);

    public int Sync() => _file->Methods->Sync(_file, 2);

    public (int Code, long Size) Size()
    {
        long size;
        return (_file->Methods->FileSize(_file, &size), size);
    }

    public int Close() => _file->Methods->Close(_file);

    public void Dispose()
    {
        // It frees what it has gathered into.
        Close();
        _current = null;
        NativeMemory.Free(_file);
        NativeMemory.Free(_system);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnWrite(NativeFile* file, void* data, int count, long offset)
    {
        var current = _current!;
        current.Calls.Add($"write {offset}+{count}");
        if (current.WriteCode != Ok) return current.WriteCode;
        if (current._content.Length < offset + count) Array.Resize(ref current._content, (int)offset + count);
        new ReadOnlySpan<byte>(data, count).CopyTo(current._content.AsSpan((int)offset));
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnRead(NativeFile* file, void* data, int count, long offset)
    {
        var current = _current!;
        current.Calls.Add($"read {offset}+{count}");
        current._content.AsSpan((int)offset, count).CopyTo(new Span<byte>(data, count));
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnTruncate(NativeFile* file, long size)
    {
        _current!.Calls.Add($"truncate {size}");
        Array.Resize(ref _current._content, (int)size);
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnSync(NativeFile* file, int flags)
    {
        _current!.Calls.Add($"sync {flags}");
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnFileSize(NativeFile* file, long* size)
    {
        _current!.Calls.Add("size");
        *size = _current._content.Length;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnClose(NativeFile* file)
    {
        _current!.Calls.Add("close");
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnCharacteristics(NativeFile* file) => _current!.Characteristics;
}
