using System.Runtime.InteropServices;
using Emleak.Elf;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Symbols.Process;

/// <summary>
/// Opens files that a process is said to have made in folders where everybody may make some. No part of the path may be a link,
/// which could lead anywhere, and the file must be a regular one of the process's own user.
/// </summary>
internal static partial class TargetFile
{
    // open(2) flags that are equal on x86-64 and aarch64.
    private const int ReadOnly = 0;
    private const int NoControllingTerminal = 0x100;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int PathOnly = 0x200000;

    // And two that are not.
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly int FolderOnly = IsArm ? 0x4000 : 0x10000;
    private static readonly int NoLinks = IsArm ? 0x8000 : 0x20000;

    /// <summary>Opens a file for reading.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="path">Where it says the file is: an absolute path in its own root folder.</param>
    /// <param name="owner">Whose the file must be.</param>
    /// <param name="status">What the file is.</param>
    /// <param name="refusal">Why a file that is there is not opened; null when there is none.</param>
    /// <returns>The file, or null.</returns>
    public static SafeFileHandle? Open(int pid, string path, uint owner, out FileStatus status, out string? refusal)
    {
        (status, refusal) = (default, null);
        SafeFileHandle? folder = OpenFolder(pid, path, out string name);
        if (folder is null) return null;
        using (folder)
        {
            SafeFileHandle file = OpenAt(folder, name, ReadOnly | NonBlocking | NoControllingTerminal | CloseOnExec | NoLinks);
            if (file.IsInvalid)
            {
                const int NoEntry = 2;
                int error = Marshal.GetLastPInvokeError();
                if (error != NoEntry) refusal = $"cannot open {path}: {Marshal.GetPInvokeErrorMessage(error)}";
                file.Dispose();
                return null;
            }

            status = FileStatus.Of(file, path);
            if (!status.IsRegularFile) refusal = $"{path} is not a regular file";
            else if (status.Owner != owner) refusal = $"{path} belongs to user {status.Owner}, the process to user {owner}";
            if (refusal is null) return file;
            file.Dispose();
            return null;
        }
    }

    /// <summary>True when there is a socket of this user.</summary>
    public static bool IsSocketOf(int pid, string path, uint owner)
    {
        using SafeFileHandle? folder = OpenFolder(pid, path, out string name);
        if (folder is null) return false;
        using SafeFileHandle socket = OpenAt(folder, name, PathOnly | CloseOnExec | NoLinks);
        return !socket.IsInvalid && FileStatus.Of(socket, path) is { IsSocket: true } status && status.Owner == owner;
    }

    /// <summary>Removes a file from a folder, whatever has become of the process since the folder was opened.</summary>
    public static void Remove(SafeFileHandle folder, string name) => _ = UnlinkAt(folder, name, 0);

    /// <summary>Opens the folder that a path ends in; null when there is none, or it is behind a link.</summary>
    public static SafeFileHandle? OpenFolder(int pid, string path, out string name)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        name = parts.Length > 0 ? parts[^1] : "";
        if (name.Length == 0 || parts.Any(part => part is "." or "..")) return null;

        // The kernel's own link to the target's root, the only one that is followed.
        SafeFileHandle folder = OpenAbsolute(-1, $"/proc/{pid}/root", PathOnly | FolderOnly | CloseOnExec);
        foreach (string part in parts[..^1])
        {
            if (folder.IsInvalid) break;
            SafeFileHandle outer = folder;
            folder = OpenAt(outer, part, PathOnly | FolderOnly | CloseOnExec | NoLinks);
            outer.Dispose();
        }

        if (!folder.IsInvalid) return folder;
        folder.Dispose();
        return null;
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenAt(SafeFileHandle folder, string name, int flags);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkAt(SafeFileHandle folder, string name, int flags);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenAbsolute(int unused, string path, int flags);
}
