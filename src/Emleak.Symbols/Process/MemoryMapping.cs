using Emleak.Elf;

namespace Emleak.Symbols.Process;

/// <summary>One line of <c>/proc/PID/maps</c> (proc_pid_maps(5)).</summary>
/// <param name="Start">First address.</param>
/// <param name="End">First address after it.</param>
/// <param name="IsExecutable">True when instructions may run from it.</param>
/// <param name="FileOffset">Where in the file the first byte comes from.</param>
/// <param name="File">The mapped file; inode 0 for memory that belongs to no file.</param>
/// <param name="Path">
/// The path as the target sees it, without the kernel's <c> (deleted)</c>; a name in brackets such as <c>[vdso]</c> for
/// memory that the kernel provides; empty for anonymous memory.
/// </param>
/// <param name="IsDeleted">True when the kernel says that no name leads to the file any more.</param>
public sealed record MemoryMapping(
    ulong Start, ulong End, bool IsExecutable, ulong FileOffset, FileIdentity File, string Path, bool IsDeleted)
{
    /// <summary>
    /// Which of the mappings of different code that <see cref="ProcessModules"/> has seen at these addresses one after the other: 0 for the first.
    /// </summary>
    public int Incarnation { get; init; }

    /// <summary>True for anonymous memory that the process has copied this part of the file to, to run it from there.</summary>
    public bool IsCopy { get; init; }

    /// <summary>True when the memory comes from a file.</summary>
    public bool IsFile => File.Inode != 0;

    /// <summary>True for memory that the kernel provides and names: <c>[vdso]</c>, <c>[vsyscall]</c>, <c>[stack]</c>.</summary>
    public bool IsKernelProvided => !IsFile && Path.StartsWith('[') && !Path.StartsWith("[anon", StringComparison.Ordinal);

    /// <summary>
    /// True for memory that has a file only because it is shared: memfd_create(2), System V segments, shared anonymous
    /// memory. Run-time compilers use it to map their code twice; a loaded library may live in it as well.
    /// </summary>
    public bool IsMemoryFile => IsDeleted
        && (Path.StartsWith("/memfd:", StringComparison.Ordinal) || Path.StartsWith("/SYSV", StringComparison.Ordinal) || Path == "/dev/zero");

    /// <summary>True when <paramref name="address"/> lies in it.</summary>
    public bool Contains(ulong address) => address >= Start && address < End;
}
