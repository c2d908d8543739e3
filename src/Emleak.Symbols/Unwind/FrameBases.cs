using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>What the pointers of one section of call-frame information may be relative to (LSB Core, 10.5.1).</summary>
/// <param name="image">The file.</param>
/// <param name="section">The address, as linked, of the section's first byte.</param>
internal sealed class FrameBases(ElfImage image, ulong section)
{
    private readonly Lazy<ulong> _text = new(() => image.FindSection(".text")?.Address ?? 0);

    // As unwinders have it: the global offset table.
    private readonly Lazy<ulong> _data = new(() => (image.FindSection(".got.plt") ?? image.FindSection(".got"))?.Address ?? 0);

    public bool Is64Bit => image.Is64Bit;

    public ulong Section => section;

    public ulong Text => _text.Value;

    public ulong Data => _data.Value;

    /// <summary>A pointer in the file, as it is before the loader relocates it.</summary>
    /// <exception cref="MalformedDataException">The file has no bytes for the address.</exception>
    public ulong ReadWordAt(ulong address)
    {
        if (!image.TryGetFileOffset(address, out ulong offset)) throw new MalformedDataException(".eh_frame", 0, $"an indirect pointer to 0x{address:x}");
        ByteReader reader = new(image.GetBytes(offset, image.Is64Bit ? 8u : 4u), "indirect pointer", image.IsBigEndian);
        return reader.ReadWord(image.Is64Bit);
    }
}
