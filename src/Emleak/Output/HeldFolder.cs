using System.Runtime.InteropServices;
using Emleak.Elf;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Output;

/// <summary>
/// A folder that is held by its descriptor. What is in it is reached by a name in this folder and never by a path, which whoever owns a folder
/// further up can lead elsewhere; no link is followed, and nothing that is there already is opened.
/// </summary>
internal sealed partial class HeldFolder : IDisposable
{
    // open(2): flags that are equal on x86-64 and aarch64, and two that are not.
    private const int ReadOnly = 0, ReadWrite = 2, Create = 0x40, Exclusive = 0x80, CloseOnExec = 0x80000;
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly int FolderOnly = IsArm ? 0x4000 : 0x10000;
    private static readonly int NoLinks = IsArm ? 0x8000 : 0x20000;

    private const int AtCurrentFolder = -100;
    private const int RemoveFolderFlag = 0x200;

    // As mkdir(1) makes them; files are for their owner alone, since they tell what is inside a program.
    private const uint FolderMode = 0x1ed; // 0755
    private const uint FileMode = 0x180; // 0600

    private readonly SafeFileHandle _descriptor;

    private HeldFolder(SafeFileHandle descriptor) => _descriptor = descriptor;

    /// <summary>Opens a folder that the user has named: links lead where the user wants to be led.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public static HeldFolder Open(string path)
    {
        SafeFileHandle descriptor = OpenAt(AtCurrentFolder, path, ReadOnly | FolderOnly | CloseOnExec, 0);
        return descriptor.IsInvalid ? throw Failed($"open {path}") : new HeldFolder(descriptor);
    }

    /// <summary>Makes a folder in this one and opens it.</summary>
    /// <exception cref="IOException">It cannot be made, or is not the one that was made when it is opened.</exception>
    public HeldFolder Make(string name)
    {
        if (MakeFolderAt(_descriptor, name, FolderMode) != 0) throw Failed($"make {name}");
        SafeFileHandle descriptor = OpenAt(_descriptor, name, ReadOnly | FolderOnly | NoLinks | CloseOnExec, 0);
        if (descriptor.IsInvalid) throw Failed($"open {name}");
        FileStatus status = FileStatus.Of(descriptor, name);
        if (status.IsFolder && status.Owner == EffectiveUser()) return new HeldFolder(descriptor);
        descriptor.Dispose();
        throw new IOException($"{name} belongs to user {status.Owner} as soon as it is made: somebody else has put it there, or this file system keeps no owners");
    }

    /// <summary>Makes a file, for its owner alone.</summary>
    /// <exception cref="IOException">It cannot be made; something of the name is there already.</exception>
    public SafeFileHandle CreateFile(string name)
    {
        SafeFileHandle file = OpenAt(_descriptor, name, ReadWrite | Create | Exclusive | NoLinks | CloseOnExec, FileMode);
        return file.IsInvalid ? throw Failed($"make {name}") : file;
    }

    /// <summary>What has a name in this folder, whatever it is; null when nothing has.</summary>
    public FileIdentity? IdentityOf(string name) => FileStatus.At(_descriptor, name)?.Identity;

    /// <summary>The folder itself.</summary>
    public FileIdentity Identity => FileStatus.Of(_descriptor, "the folder").Identity;

    /// <summary>Where it is now, as the kernel says.</summary>
    public string Path => File.ResolveLinkTarget($"/proc/self/fd/{_descriptor.DangerousGetHandle()}", returnFinalTarget: false)?.FullName ?? "an unknown place";

    /// <summary>Gives something in this folder another name. A file of that name is replaced, and so is a folder that is empty.</summary>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    public void Rename(string from, string to)
    {
        if (RenameAt(_descriptor, from, _descriptor, to) != 0) throw Failed($"rename {from} to {to}");
    }

    /// <summary>Removes a file that is there.</summary>
    public void RemoveFile(string name) => _ = UnlinkAt(_descriptor, name, 0);

    /// <summary>Removes a folder that is there and empty.</summary>
    public void RemoveFolder(string name) => _ = UnlinkAt(_descriptor, name, RemoveFolderFlag);

    public void Dispose() => _descriptor.Dispose();

    private static IOException Failed(string doing)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"cannot {doing}: {SystemError.Describe(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenAt(int folder, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenAt(SafeFileHandle folder, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFolderAt(SafeFileHandle folder, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt(SafeFileHandle oldFolder, string oldName, SafeFileHandle newFolder, string newName);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkAt(SafeFileHandle folder, string name, int flags);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
