using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static SQLitePCL.raw;

namespace OrleansSync.Sqlite.Gathering;

/// <summary>
/// SQLite's own VFS but for the write-ahead log, whose files are <see cref="GatheringFile"/>s. Databases opened with it and without it
/// are the same, and may be open at once.
/// </summary>
internal static unsafe class GatheringVfs
{
    private const int LogFile = 0x00080000; // SQLITE_OPEN_WAL
    private const int KnownVersion = 3;
    private const int Alignment = 8;

    private static NativeVfs* _system;
    private static int _fileOffset;

    /// <summary>Its name; <c>null</c>, which is SQLite's own, where that is not one this is known to fit, or SQLitePCLRaw uses another library.</summary>
    public static string? Name { get; } = Register();

    private static string? Register()
    {
        if (!NativeSqlite.IsTheLibrary) return null;
        var system = NativeSqlite.FindVfs(null);
        // An extension that took its place, for encryption for example, may need pages one by one.
        if (system is null || system->Version < KnownVersion || Marshal.PtrToStringUTF8((nint)system->Name) is not ("unix" or "win32")) return null;
        return Register(system);
    }

    private static string? Register(NativeVfs* system)
    {
        const string Own = "orleanssync";

        _system = system;
        _fileOffset = (system->FileBytes + Alignment - 1) / Alignment * Alignment;
        // SQLite keeps the address for as long as the process lives.
        var vfs = (NativeVfs*)NativeMemory.Alloc((nuint)sizeof(NativeVfs));
        *vfs = *system;
        vfs->Version = KnownVersion;
        vfs->FileBytes = _fileOffset + sizeof(GatheringFile);
        vfs->Next = null;
        vfs->Name = (byte*)Marshal.StringToCoTaskMemUTF8(Own);
        vfs->Open = &Open;
        return NativeSqlite.RegisterVfs(vfs, makeDefault: 0) == SQLITE_OK ? Own : null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(NativeVfs* vfs, byte* path, NativeFile* file, int flags, int* opened)
    {
        var code = _system->Open(_system, path, file, flags, opened);
        if (code == SQLITE_OK && (flags & LogFile) != 0) GatheringFile.Begin(file, _fileOffset);
        return code;
    }
}
