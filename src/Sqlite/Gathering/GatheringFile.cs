using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static SQLitePCL.raw;

namespace OrleansSync.Sqlite.Gathering;

/// <summary>
/// A write-ahead log whose appends reach the operating system together. SQLite writes the header of a frame and its page one after the
/// other, two calls for each page of a transaction; here they wait in memory for the last page of their transaction, for a sync, or for
/// anything else that the file is asked for. So what a transaction has written is in the file before SQLite tells anyone that it has
/// committed, as ever.
/// </summary>
/// <remarks>Lies behind the system's own file, in the memory that SQLite has for a file. One thread at a time uses a file.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GatheringFile
{
    /// <summary>Written at once at most: 31 frames of 4 KiB. SQLite's own VFS takes the lower 17 bits of a count.</summary>
    internal const int Capacity = 0x1FFFF;

    private const int FrameHeaderBytes = 24;
    private const int CommitSizeOffset = 4;
    private const int PowersafeOverwrite = 0x00001000; // SQLITE_IOCAP_POWERSAFE_OVERWRITE

    /// <summary>The methods of the file: the system's, but for those here. First, so that its address is that of all this.</summary>
    private NativeFileMethods _methods;
    private NativeFileMethods* _system;

    private byte* _buffer;
    private int _count;

    /// <summary>Where what is gathered belongs; where nothing is, the end of the last write.</summary>
    private long _start;

    /// <summary>What was written last is the header of the frame that ends a transaction.</summary>
    private bool _isEnding;

    /// <summary>Makes an open file gather its writes.</summary>
    /// <param name="file">Of the system's VFS.</param>
    /// <param name="offset">From its start to where this has room.</param>
    public static void Begin(NativeFile* file, int offset)
    {
        // Without it SQLite fills the disk's sector behind a transaction, with pages in two parts.
        if ((file->Methods->DeviceCharacteristics(file) & PowersafeOverwrite) == 0) return;
        var gathering = (GatheringFile*)((byte*)file + offset);
        *gathering = new GatheringFile { _methods = *file->Methods, _system = file->Methods };
        gathering->_methods.Close = &Close;
        gathering->_methods.Read = &Read;
        gathering->_methods.Write = &Write;
        gathering->_methods.Truncate = &Truncate;
        gathering->_methods.Sync = &Sync;
        gathering->_methods.FileSize = &FileSize;
        file->Methods = &gathering->_methods;
    }

    private static GatheringFile* Of(NativeFile* file) => (GatheringFile*)file->Methods;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(NativeFile* file, void* data, int count, long offset)
    {
        var log = Of(file);
        var endsTransaction = log->_isEnding;
        log->_isEnding = count == FrameHeaderBytes
            && BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>((byte*)data + CommitSizeOffset, sizeof(uint))) != 0;
        if (offset != log->_start + log->_count || count > Capacity || !log->HasBuffer()) return log->WriteThrough(file, data, count, offset);
        if (log->_count + count > Capacity && log->Flush(file) is var code and not SQLITE_OK) return code;
        log->Gather(data, count);
        return endsTransaction ? log->End(file) : SQLITE_OK;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(NativeFile* file, void* data, int count, long offset)
    {
        var log = Of(file);
        var (start, end) = (log->_start, log->_start + log->_count);
        if (offset >= start && offset + count <= end)
        {
            // A page that left the cache before its transaction's end, and is wanted again.
            Unsafe.CopyBlockUnaligned(data, log->_buffer + (offset - start), (uint)count);
            return SQLITE_OK;
        }

        // What lies elsewhere can be read also where nothing can be written.
        var isApart = offset >= end || offset + count <= start;
        return !isApart && log->Flush(file) is var code and not SQLITE_OK ? code : log->_system->Read(file, data, count, offset);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Truncate(NativeFile* file, long size)
    {
        var log = Of(file);
        return log->Flush(file) is var code and not SQLITE_OK ? code : log->_system->Truncate(file, size);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sync(NativeFile* file, int flags)
    {
        var log = Of(file);
        return log->Flush(file) is var code and not SQLITE_OK ? code : log->_system->Sync(file, flags);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileSize(NativeFile* file, long* size)
    {
        var log = Of(file);
        return log->Flush(file) is var code and not SQLITE_OK ? code : log->_system->FileSize(file, size);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Close(NativeFile* file)
    {
        // What is gathered now is of a transaction that has not committed.
        var log = Of(file);
        NativeMemory.Free(log->_buffer);
        file->Methods = log->_system;
        return file->Methods->Close(file);
    }

    /// <summary>False: there is no memory for one.</summary>
    private bool HasBuffer()
    {
        if (_buffer != null) return true;
        try
        {
            _buffer = (byte*)NativeMemory.Alloc(Capacity);
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    private void Gather(void* data, int count)
    {
        Unsafe.CopyBlockUnaligned(_buffer + _count, data, (uint)count);
        _count += count;
    }

    /// <summary>What does not follow the last write: the first frame after another connection's, and those that are written again.</summary>
    private int WriteThrough(NativeFile* file, void* data, int count, long offset)
    {
        if (Flush(file) is var code and not SQLITE_OK) return code;
        _start = offset + count;
        return _system->Write(file, data, count, offset);
    }

    /// <summary>
    /// What fails to be written stays, since SQLite takes it for written: until its transaction is undone, which the failure leads to, it may
    /// read it.
    /// </summary>
    private int Flush(NativeFile* file)
    {
        if (_count == 0) return SQLITE_OK;
        var code = _system->Write(file, _buffer, _count, _start);
        if (code == SQLITE_OK) Forget();
        return code;
    }

    /// <summary>A transaction whose end fails to be written has failed, and must not come to be written later.</summary>
    private int End(NativeFile* file)
    {
        var code = Flush(file);
        Forget();
        return code;
    }

    private void Forget()
    {
        _start += _count;
        _count = 0;
    }
}
