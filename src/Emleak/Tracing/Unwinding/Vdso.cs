using Emleak.Elf;
using Emleak.Symbols.Process;

namespace Emleak.Tracing.Unwinding;

/// <summary>The library that the kernel gives to every process: it has no file, but is one.</summary>
/// <param name="Mapping">Where it is.</param>
/// <param name="Image">What it is.</param>
internal sealed record Vdso(MemoryMapping Mapping, ElfImage Image)
{
    private const int LargestSize = 1 << 20;

    /// <summary>The process's, or null when it has none that can be read.</summary>
    public static Vdso? Find(int pid)
    {
        try
        {
            ProcessMaps maps = ProcessMaps.Read(pid);
            MemoryMapping? mapping = maps.Mappings.FirstOrDefault(mapping => mapping is { IsKernelProvided: true, Path: "[vdso]" });
            if (mapping is null || mapping.End - mapping.Start > LargestSize) return null;
            var bytes = new byte[mapping.End - mapping.Start];
            using FileStream memory = new($"/proc/{maps.ReaderId}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            memory.Position = (long)mapping.Start;
            memory.ReadExactly(bytes);
            return new Vdso(mapping, ElfImage.FromMemory(bytes));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or MalformedDataException)
        {
            return null;
        }
    }
}
