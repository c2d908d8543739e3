using System.Diagnostics.CodeAnalysis;
using Emleak.Elf;

namespace Emleak.Symbols.Process;

/// <summary>The ELF image that the kernel maps into a process, the vdso: it is in no file, and is copied out of the process's memory.</summary>
internal sealed class MemoryImage : IDisposable
{
    // Kernels map one or two pages of code.
    private const ulong MaxBytes = 1 << 20;

    private readonly ElfImage _image;

    private MemoryImage(MemoryMapping mapping, ElfImage image)
    {
        Mapping = mapping;
        _image = image;
        Symbols = new ModuleSymbols(image, location: null, debugFile: null);
    }

    /// <summary>Where it is mapped.</summary>
    public MemoryMapping Mapping { get; }

    /// <summary>Names its code.</summary>
    public ModuleSymbols Symbols { get; }

    /// <summary>Copies an image; null when it cannot be read, or is none.</summary>
    /// <param name="readerId">Whose folder under <c>/proc</c> shows the memory.</param>
    /// <param name="mapping">Where it is.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "Given to the caller.")]
    public static MemoryImage? TryRead(int readerId, MemoryMapping mapping)
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
    public bool TryGetLinkedAddress(ulong runtimeAddress, out ulong linked) => _image.TryGetAddress(runtimeAddress - Mapping.Start, out linked);

    public void Dispose() => _image.Dispose();
}
