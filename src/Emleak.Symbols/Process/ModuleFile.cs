using System.Diagnostics.CodeAnalysis;
using Emleak.Elf;

namespace Emleak.Symbols.Process;

/// <summary>Opens the file that a process really has mapped, whatever its path leads to by now.</summary>
internal static class ModuleFile
{
    /// <exception cref="MalformedDataException">Not a well-formed ELF file.</exception>
    /// <exception cref="IOException">The file cannot be opened, or is not the one that is mapped.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ElfImage Open(int readerId, MemoryMapping mapping, TargetFiles files, out string path)
    {
        try
        {
            // Leads to the file itself, even when it is deleted or in a mount namespace of its own. Needs
            // CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN.
            path = $"/proc/{readerId}/map_files/{mapping.Start:x}-{mapping.End:x}";
            return files.InOwnRoot.Open(path);
        }
        catch (Exception problem) when (IsUnreadable(problem))
        {
            return OpenByPath(mapping, files, out path);
        }
    }

    /// <summary>True for what the operating system says when a file cannot be read.</summary>
    public static bool IsUnreadable(Exception problem) => problem is IOException or UnauthorizedAccessException;

    [SuppressMessage("Reliability", "CA2000", Justification = "Given to the caller, or released when it is the wrong file.")]
    private static ElfImage OpenByPath(MemoryMapping mapping, TargetFiles files, out string path)
    {
        // A file may really be called "x (deleted)"; if the mark is the kernel's, the inode below will differ.
        string named = mapping.IsDeleted ? mapping.Path + " (deleted)" : mapping.Path;
        path = files.Root.Name + named;
        ElfImage image = files.Open(named);

        // Only the inode: overlayfs and btrfs show another device in the maps than stat(2) does.
        if (image.Identity.Inode == mapping.File.Inode) return image;
        image.Dispose();
        throw new IOException($"{mapping.Path} has been replaced since it was mapped");
    }
}
