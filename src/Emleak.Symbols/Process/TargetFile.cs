using System.Runtime.InteropServices;
using Emleak.Elf;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Symbols.Process;

/// <summary>
/// Finds files that a process is said to have made in folders where everybody may make some. No part of the path may be a link,
/// which could lead anywhere, and the file must be one of the process's own user.
/// </summary>
internal static partial class TargetFile
{
    /// <summary>Opens a regular file for reading.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="path">Where it says the file is: an absolute path in its own root folder.</param>
    /// <param name="owner">Whose the file must be.</param>
    /// <param name="status">What the file is.</param>
    /// <param name="refusal">Why a file that is there is not opened; null when there is none.</param>
    /// <returns>The file, or null.</returns>
    public static SafeFileHandle? Open(int pid, string path, uint owner, out FileStatus status, out string? refusal)
    {
        (status, refusal) = (default, null);
        try
        {
            using SafeFileHandle? located = Locate(pid, path);
            if (located is null) return null;
            status = FileStatus.Of(located, path);
            if (!status.IsRegularFile) refusal = $"{path} is not a regular file";
            else if (status.Owner != owner) refusal = $"{path} belongs to user {status.Owner}, the process to user {owner}";
            return refusal is null ? FileDoor.OpenLocated(located, path, out status) : null;
        }
        catch (Exception problem) when (problem is MalformedDataException || ModuleFile.IsUnreadable(problem))
        {
            if (problem is not FileNotFoundException) refusal = problem.Message;
            return null;
        }
    }

    /// <summary>A descriptor that stands for a socket of this user; null when there is none.</summary>
    public static SafeFileHandle? LocateSocket(int pid, string path, uint owner)
    {
        try
        {
            SafeFileHandle? located = Locate(pid, path);
            if (located is null || (FileStatus.Of(located, path) is { IsSocket: true } status && status.Owner == owner)) return located;
            located.Dispose();
            return null;
        }
        catch (Exception problem) when (ModuleFile.IsUnreadable(problem))
        {
            return null;
        }
    }

    /// <summary>A descriptor that stands for a folder of a process; null when there is none.</summary>
    public static SafeFileHandle? LocateFolder(int pid, string path)
    {
        try
        {
            return Locate(pid, path);
        }
        catch (Exception problem) when (ModuleFile.IsUnreadable(problem))
        {
            return null;
        }
    }

    /// <summary>Removes a file of this user from a folder, whatever has become of the process since the folder was located.</summary>
    public static void Remove(SafeFileHandle folder, string name, uint owner)
    {
        using SafeFileHandle located = FileDoor.LocateIn(folder, name);
        if (!located.IsInvalid && FileStatus.Of(located, name) is { IsRegularFile: true } status && status.Owner == owner) _ = UnlinkAt(folder, name, 0);
    }

    private static SafeFileHandle? Locate(int pid, string path)
    {
        using RootFolder? root = RootFolder.OfProcess(pid);
        return root?.Locate(path, followLinks: false);
    }

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkAt(SafeFileHandle folder, string name, int flags);
}
