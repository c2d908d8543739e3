using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Emleak.Symbols.Process;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Probes;

/// <summary>Finds breakpoints in a process's code: bytes that differ from the mapped file and are the kernel's breakpoint instruction.</summary>
internal static class LeftBreakpoints
{
    /// <summary>Where a search ends: more breakpoints than a tracer sets.</summary>
    private const int MostSites = 65536;

    // Entries of /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst).
    private const ulong IsPresent = 1ul << 63, IsSwapped = 1ul << 62, IsFilePage = 1ul << 61;
    private const int EntriesAtOnce = 4096;

    // UPROBE_SWBP_INSN of the architectures.
    private const byte Int3 = 0xcc;
    private const uint Brk = 0xd42000a0;

    /// <summary>Every site with a breakpoint, whosever it is. Of the code only pages that the process has a copy of are read.</summary>
    public static IReadOnlyList<SweptSite> Find(int pid, IEnumerable<ProcessModule> modules)
    {
        HashSet<SweptSite> found = [];
        try
        {
            using SafeFileHandle pages = Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/pagemap"));
            using SafeFileHandle memory = Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/mem"));
            foreach (ProcessModule module in modules.Where(module => module.Image is not null)) Search(module, pages, memory, found);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // The process ends, or may not be looked at, which attaching reports.
        }

        return [.. found];
    }

    private static void Search(ProcessModule module, SafeFileHandle pages, SafeFileHandle memory, HashSet<SweptSite> found)
    {
        SafeFileHandle? file = null;
        try
        {
            foreach (MemoryMapping mapping in module.Mappings)
            {
                foreach (ulong page in CopiedPages(mapping, pages))
                {
                    file ??= Open(module.FilePath);
                    Compare(module.FilePath, file, memory, page, page - mapping.Start + mapping.FileOffset, found);
                    if (found.Count >= MostSites) return;
                }
            }
        }
        finally
        {
            file?.Dispose();
        }
    }

    // A page with a breakpoint is not the file's any more.
    private static IEnumerable<ulong> CopiedPages(MemoryMapping mapping, SafeFileHandle pages)
    {
        ulong size = (ulong)Environment.SystemPageSize;
        byte[] entries = new byte[EntriesAtOnce * sizeof(ulong)];
        for (ulong start = mapping.Start; start < mapping.End; start += EntriesAtOnce * size)
        {
            ulong wanted = Math.Min(EntriesAtOnce, (mapping.End - start) / size);
            int read = RandomAccess.Read(pages, entries.AsSpan(0, (int)wanted * sizeof(ulong)), (long)(start / size) * sizeof(ulong));
            for (int i = 0; i < read / sizeof(ulong); i++)
            {
                ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan(i * sizeof(ulong)));
                if ((entry & (IsPresent | IsFilePage)) == IsPresent || (entry & IsSwapped) != 0) yield return start + (ulong)i * size;
            }
        }
    }

    private static void Compare(string path, SafeFileHandle file, SafeFileHandle memory, ulong address, ulong offset, HashSet<SweptSite> found)
    {
        byte[] have = new byte[Environment.SystemPageSize], want = new byte[Environment.SystemPageSize];
        int length = Math.Min(RandomAccess.Read(memory, have, (long)address), RandomAccess.Read(file, want, (long)offset));
        int step = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? sizeof(uint) : 1;
        for (int i = 0; i + step <= length && found.Count < MostSites; i += step)
        {
            if (IsBreakpoint(have.AsSpan(i, step)) && !have.AsSpan(i, step).SequenceEqual(want.AsSpan(i, step))) found.Add(new SweptSite(path, offset + (ulong)i));
        }
    }

    private static bool IsBreakpoint(ReadOnlySpan<byte> code) =>
        code.Length == 1 ? code[0] == Int3 : BinaryPrimitives.ReadUInt32LittleEndian(code) == Brk;

    private static SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
