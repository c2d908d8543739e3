using Emleak.Elf;

namespace Emleak.Symbols.Process;

/// <summary>
/// Anonymous executable memory that holds a file's code where the file's own mapping was: programs move their code so, to have it on huge
/// pages. What lies there is the file's code, with all that the file says about it.
/// </summary>
internal sealed class CodeCopies
{
    // The smallest page there is; enough to tell one file's code from another's.
    private const int ComparedBytes = 4096;

    private readonly Dictionary<(ulong Start, ulong End), MemoryMapping> _resolved = [];

    /// <summary>The mapping as one of the file whose code it holds; or itself when it holds no file's.</summary>
    /// <param name="maps">All mappings.</param>
    /// <param name="mapping">An anonymous executable one.</param>
    /// <param name="modules">Opens files.</param>
    /// <param name="files">How.</param>
    public MemoryMapping Resolve(ProcessMaps maps, MemoryMapping mapping, ProcessModules modules, TargetFiles files)
    {
        if (_resolved.TryGetValue((mapping.Start, mapping.End), out MemoryMapping? known)) return known;
        MemoryMapping resolved = mapping;
        foreach (MemoryMapping neighbour in Neighbours(maps.Mappings, mapping))
        {
            if (TryResolve(maps.ReaderId, mapping, neighbour, files) is not { } copy) continue;
            modules.OpenOnce(maps.ReaderId, neighbour);
            resolved = copy;
            break;
        }

        _resolved.Add((mapping.Start, mapping.End), resolved);
        return resolved;
    }

    // A hole in a file's mappings has one of them on one of its sides, at least.
    private static IEnumerable<MemoryMapping> Neighbours(IReadOnlyList<MemoryMapping> all, MemoryMapping mapping)
    {
        int at = MappingSearch.FirstEndingAfter(all, mapping.Start);
        int before = at - 1;
        int after = at + 1;
        while (before >= 0 && !all[before].IsFile) before--;
        while (after < all.Count && !all[after].IsFile) after++;
        if (before >= 0) yield return all[before];
        if (after < all.Count) yield return all[after];
    }

    private static MemoryMapping? TryResolve(int readerId, MemoryMapping mapping, MemoryMapping neighbour, TargetFiles files)
    {
        if (neighbour.IsMemoryFile) return null;
        try
        {
            using ElfImage image = ModuleFile.Open(readerId, neighbour, files, out _);
            return TryResolve(readerId, mapping, neighbour, image);
        }
        catch (Exception problem) when (problem is MalformedDataException || ModuleFile.IsUnreadable(problem))
        {
            // Mostly a file of data.
            return null;
        }
    }

    private static MemoryMapping? TryResolve(int readerId, MemoryMapping mapping, MemoryMapping neighbour, ElfImage image)
    {
        if (!TryGetBias(image, neighbour, out ulong bias)) return null;
        foreach (ElfSegment segment in image.Segments)
        {
            if (!segment.IsLoad || !segment.IsExecutable || segment.FileSize == 0) continue;
            ulong start = segment.Address + bias;
            ulong first = Math.Max(start, mapping.Start);
            ulong last = Math.Min(start + segment.FileSize, mapping.End);
            if (first >= last) continue;
            ulong fileOffset = segment.FileOffset + (first - start);
            if (!HoldsSame(readerId, first, image.GetBytes(fileOffset, Math.Min(last - first, ComparedBytes)))) continue;
            return mapping with { File = neighbour.File, Path = neighbour.Path, FileOffset = fileOffset - (first - mapping.Start), IsDeleted = neighbour.IsDeleted, IsCopy = true };
        }

        return null;
    }

    // What the addresses of a mapping exceed the linked ones by.
    private static bool TryGetBias(ElfImage image, MemoryMapping mapping, out ulong bias)
    {
        // A mapping begins at the start of a page, before the segment that it shows.
        const ulong PageMask = 0xffff;
        foreach (ElfSegment segment in image.Segments)
        {
            if (!segment.IsLoad || mapping.FileOffset < (segment.FileOffset & ~PageMask) || mapping.FileOffset >= segment.FileOffset + segment.FileSize) continue;
            bias = unchecked(mapping.Start - (segment.Address + (mapping.FileOffset - segment.FileOffset)));
            if (bias % 4096 == 0) return true;
        }

        bias = 0;
        return false;
    }

    private static bool HoldsSame(int readerId, ulong address, ReadOnlySpan<byte> expected)
    {
        if (address > long.MaxValue) return false;
        using FileStream memory = new($"/proc/{readerId}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        byte[] found = new byte[expected.Length];
        memory.Seek((long)address, SeekOrigin.Begin);
        memory.ReadExactly(found);
        for (int i = 0; i < found.Length; i++)
        {
            if (found[i] != expected[i] && !IsOfBreakpoint(found, i)) return false;
        }

        return true;
    }

    // Those of debuggers and of probes are no difference: int3 of x86-64, and brk of aarch64 (0xd4200000 and a number above its fifth bit).
    private static bool IsOfBreakpoint(ReadOnlySpan<byte> code, int index) => code[index] == 0xcc || ((index | 3) < code.Length && code[index | 3] == 0xd4 && (code[(index | 3) - 1] & 0xe0) == 0x20);
}
