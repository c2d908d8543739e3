using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Elf;

/// <summary>
/// The system calls by which files of strangers are opened. A name is first turned into a descriptor that only stands for the file (O_PATH): no driver is
/// called for it, no FIFO waits, no terminal is taken. What it stands for is looked at, and only a regular file is then opened, by the descriptor.
/// </summary>
internal static partial class FileDoor
{
    // open(2) flags that are equal on x86-64 and aarch64.
    private const int ReadOnly = 0;
    private const int NoControllingTerminal = 0x100;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int PathOnly = 0x200000;

    // And one that is not.
    private static readonly int NoLinks = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    private const int LongestLink = 4096;

    /// <summary>A descriptor for what a path of the caller's own leads to, links followed. Invalid when there is nothing.</summary>
    public static SafeFileHandle Locate(string path) => Open(path, PathOnly | CloseOnExec);

    /// <summary>A descriptor for an entry of a folder: if that is a link, for the link itself. Invalid when there is none.</summary>
    public static SafeFileHandle LocateIn(SafeFileHandle folder, string name) => OpenAt(folder, name, PathOnly | CloseOnExec | NoLinks);

    /// <summary>Opens a file that was located, for reading.</summary>
    /// <param name="located">Stands for the file.</param>
    /// <param name="path">The file's path, for messages.</param>
    /// <param name="status">What it is.</param>
    /// <exception cref="MalformedDataException">It is not a regular file.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SafeFileHandle OpenLocated(SafeFileHandle located, string path, out FileStatus status)
    {
        status = FileStatus.Of(located, path);
        if (!status.IsRegularFile) throw new MalformedDataException(path, 0, "not a regular file");
        SafeFileHandle file = Open(PathOf(located), ReadOnly | NonBlocking | NoControllingTerminal | CloseOnExec);
        return file.IsInvalid ? throw Failure(path, file) : file;
    }

    /// <summary>A path that leads to what a descriptor stands for, whatever its names lead to: for calls that take no descriptor.</summary>
    public static string PathOf(SafeFileHandle located) => $"/proc/self/fd/{located.DangerousGetHandle()}";

    /// <summary>Where a symbolic link leads, as stored.</summary>
    /// <exception cref="IOException">It cannot be read, or is longer than any path.</exception>
    public static string ReadLink(SafeFileHandle link, string path)
    {
        Span<byte> target = stackalloc byte[LongestLink];
        nint length = ReadLinkAt(link, "", ref MemoryMarshal.GetReference(target), target.Length);
        if (length > 0 && length < target.Length) return Encoding.UTF8.GetString(target[..(int)length]);
        throw new IOException($"cannot read the link {path}: {(length < 0 ? Marshal.GetLastPInvokeErrorMessage() : "its target is no path")}");
    }

    /// <summary>Why the last call of this thread gave no descriptor; disposes what it gave.</summary>
    public static Exception Failure(string path, SafeFileHandle failed)
    {
        const int NoEntry = 2, AccessDenied = 13, NotAFolder = 20;
        int error = Marshal.GetLastPInvokeError();
        failed.Dispose();
        string reason = $"cannot open {path}: {Marshal.GetPInvokeErrorMessage(error)}";
        return error switch
        {
            NoEntry or NotAFolder => new FileNotFoundException(reason, path),
            AccessDenied => new UnauthorizedAccessException(reason),
            _ => new IOException(reason),
        };
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenAt(SafeFileHandle folder, string name, int flags);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ReadLinkAt(SafeFileHandle link, string path, ref byte target, nint size);
}
