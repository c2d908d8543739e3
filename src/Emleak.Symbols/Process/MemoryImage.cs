using System.Diagnostics.CodeAnalysis;
using Emleak.Elf;

namespace Emleak.Symbols.Process;

/// <summary>The ELF image that the kernel maps into a process, the vdso: it is in no file, and is copied out of the process's memory.</summary>
public sealed class MemoryImage : IDisposable
{
    // Kernels map one or two pages of code.
    private const ulong MaxBytes = 1 << 20;

    private MemoryImage(MemoryMapping mapping, ElfImage image)
    {
        Mapping = mapping;
        Image = image;
        Symbols = new ModuleSymbols(image, location: null, debugFile: null);
    }

    /// <summary>Where it is mapped.</summary>
    public MemoryMapping Mapping { get; }

    /// <summary>What was copied.</summary>
    public ElfImage Image { get; }

    /// <summary>Names its code.</summary>
    internal ModuleSymbols Symbols { get; }

    /// <summary>Copies an image; null when it cannot be read, or is none.</summary>
    /// <param name="readerId">Whose folder under <c>/proc</c> shows the memory.</param>
    /// <param name="mapping">Where it is.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "Given to the caller.")]
    internal static MemoryImage? TryRead(int readerId, MemoryMapping mapping)
    {
        if (mapping.End - mapping.Start > MaxBytes || mapping.Start > long.MaxValue) return null;
        try
        {
            using FileStream memory = new($"/proc/{readerId}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            byte[] bytes = new byte[mapping.End - mapping.Start];
            memory.Seek((long)mapping.Start, SeekOrigin.Begin);
            memory.ReadExactly(bytes);
            return new MemoryImage(mapping, ElfImage.FromMemory(bytes));
        }
        catch (Exception problem) when (problem is MalformedDataException || ModuleFile.IsUnreadable(problem))
        {
            return null;
        }
    }

    /// <summary>Translates an address of the process into one as linked.</summary>
    internal bool TryGetLinkedAddress(ulong runtimeAddress, out ulong linked) => Image.TryGetAddress(runtimeAddress - Mapping.Start, out linked);

    /// <inheritdoc/>
    public void Dispose() => Image.Dispose();
}
