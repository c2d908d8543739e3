using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Elf;

/// <summary>A regular file mapped read-only for as long as this object lives.</summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    // open(2) flags, equal on x86-64 and aarch64.
    private const int ReadOnly = 0;
    private const int NoControllingTerminal = 0x100;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int PathOnly = 0x200000;
    private const int ReadPlainly = ReadOnly | NonBlocking | NoControllingTerminal | CloseOnExec;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafeMemoryMappedViewHandle _handle;

    private MappedFile(SafeFileHandle handle, in FileStatus status)
    {
        Identity = status.Identity;
        _file = MemoryMappedFile.CreateFromFile(
            handle, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        // The file may have shrunk since it was measured.
        Length = Math.Min(status.Size, _view.Capacity);
        _handle = _view.SafeMemoryMappedViewHandle;
        byte* pointer = null;
        _handle.AcquirePointer(ref pointer);
        Pointer = pointer;
    }

    public byte* Pointer { get; }

    public long Length { get; }

    public FileIdentity Identity { get; }

    /// <summary>Maps <paramref name="path"/>; refuses FIFOs, devices and folders, which a hostile target may offer.</summary>
    public static MappedFile Open(string path)
    {
        using SafeFileHandle handle = OpenWithoutBlocking(path, ReadPlainly);
        return Map(handle, path);
    }

    /// <summary>The same for a path in another root folder: links, <c>..</c> and absolute ones included, lead nowhere out of it.</summary>
    public static MappedFile Open(string root, string path)
    {
        using SafeFileHandle folder = OpenWithoutBlocking(root, PathOnly | CloseOnExec);
        if (folder.IsInvalid) throw OpenFailed(root, Marshal.GetLastPInvokeError());
        using SafeFileHandle handle = new((nint)OpenAt2(OpenAt2Number, folder, path, new OpenHow(ReadPlainly), (nuint)sizeof(OpenHow)), ownsHandle: true);
        return Map(handle, root + path);
    }

    private static MappedFile Map(SafeFileHandle handle, string path)
    {
        if (handle.IsInvalid) throw OpenFailed(path, Marshal.GetLastPInvokeError());
        FileStatus status = FileStatus.Of(handle, path);
        if (!status.IsRegularFile) throw new MalformedDataException(path, 0, "not a regular file");
        if (status.Size == 0) throw new MalformedDataException(path, 0, "the file is empty");
        return new MappedFile(handle, status);
    }

    public void Dispose()
    {
        _handle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private static Exception OpenFailed(string path, int errno)
    {
        const int NoEntry = 2, AccessDenied = 13;
        string reason = $"cannot open {path}: {Marshal.GetPInvokeErrorMessage(errno)}";
        return errno switch
        {
            NoEntry => new FileNotFoundException(reason, path),
            AccessDenied => new UnauthorizedAccessException(reason),
            _ => new IOException(reason),
        };
    }

    // FileStream would block in open(2) on a FIFO that nobody writes to.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenWithoutBlocking(string path, int flags);

    // The C library has no function for it yet.
    private const int OpenAt2Number = 437;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long OpenAt2(long number, SafeFileHandle folder, string path, in OpenHow how, nuint size);

    /// <summary><c>struct open_how</c> (openat2(2), Linux 5.6).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct OpenHow(ulong flags)
    {
        private const ulong NoMagicLinks = 0x02;
        private const ulong InRoot = 0x10;

        private readonly ulong _flags = flags;
        private readonly ulong _mode = 0;
        private readonly ulong _resolve = InRoot | NoMagicLinks;
    }
}
