using System.Diagnostics.CodeAnalysis;
using Emleak.Elf;
using SharpCompress.Common;
using SharpCompress.Compressors.Xz;

namespace Emleak.Symbols.Debuginfo;

/// <summary>
/// The section <c>.gnu_debugdata</c> (GDB manual, "MiniDebugInfo"): an ELF file with little more than a symbol table, compressed with xz, in
/// programs that are otherwise stripped.
/// </summary>
internal static class MiniDebugData
{
    private const string SectionName = ".gnu_debugdata";

    // Those of the largest programs reach 20 MB, a ratio of 6.
    private const ulong MaxBytes = 1 << 26;
    private const ulong MaxRatio = 64;
    private const ulong AnyRatioBytes = 1 << 20;

    /// <summary>Opens the file in the section; null when there is none, or none that can be used.</summary>
    public static ElfImage? TryOpen(ElfImage image)
    {
        try
        {
            return image.FindSection(SectionName) is { } section ? Open(image, image.GetData(section)) : null;
        }
        catch (MalformedDataException)
        {
            // A module whose small table is corrupt is as good as one without.
            return null;
        }
    }

    /// <exception cref="MalformedDataException">The data is damaged, or larger than any real one.</exception>
    public static unsafe byte[] Expand(ReadOnlySpan<byte> packed)
    {
        ulong size = XzSize.Measure(packed);
        if (size > MaxBytes || (size > AnyRatioBytes && size > (ulong)packed.Length * MaxRatio))
        {
            throw new MalformedDataException(SectionName, 0, $"limit reached: claims to grow from {packed.Length} to {size} bytes");
        }

        var data = new byte[size];
        fixed (byte* start = packed)
        {
            using UnmanagedMemoryStream source = new(start, packed.Length);
            try
            {
                using XZStream unpacked = new(source);
                unpacked.ReadExactly(data);
                if (unpacked.ReadByte() < 0) return data;
            }
            catch (Exception problem) when (IsDamage(problem))
            {
                throw new MalformedDataException(SectionName, 0, $"does not decompress: {SystemError.Describe(problem)}");
            }
        }

        throw new MalformedDataException(SectionName, 0, "decompresses to more bytes than it claims");
    }

    // What the decompressor throws at damaged data is as various as the damage.
    private static bool IsDamage(Exception problem) =>
        problem is IOException or SharpCompressException or InvalidOperationException or ArgumentException or IndexOutOfRangeException or NotSupportedException or OverflowException;

    [SuppressMessage("Reliability", "CA2000", Justification = "Given to the caller, or released when it does not belong to the module.")]
    private static ElfImage? Open(ElfImage image, ReadOnlySpan<byte> packed)
    {
        byte[] data = Expand(packed);
        image.Budget.Take(data.Length, SectionName);
        ElfImage small = ElfImage.FromMemory(data, image.Budget, image.Limits);
        if (small.Machine == image.Machine && small.Is64Bit == image.Is64Bit) return small;
        small.Dispose();
        return null;
    }
}
