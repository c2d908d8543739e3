using Emleak.Elf;
using Emleak.Fuzzing;

namespace Emleak.Symbols.Fuzz;

/// <summary>Sound programs beside damaged parts, so that damage reaches nothing else.</summary>
internal static class Template
{
    /// <summary>Where the skeletons say that their split unit is, beside them.</summary>
    public const string SplitName = "split.dwo";

    private static readonly byte[] Program = Read("dwarf/gcc-5");

    /// <summary>Programs that have left their units in a file <see cref="SplitName"/>.</summary>
    public static IReadOnlyList<byte[]> Skeletons { get; } = [Read("dwarf/skeleton-4"), Read("dwarf/skeleton-5")];

    /// <summary>The program with another <c>.debug_line</c>, cut or filled up with zeros to the length of its own.</summary>
    public static byte[] WithLines(ReadOnlySpan<byte> lines)
    {
        byte[] bytes = [.. Program];
        using ElfImage image = ElfImage.FromMemory(Program);
        ElfSection section = image.FindSection(".debug_line")!;
        Span<byte> room = bytes.AsSpan((int)section.FileOffset, (int)section.Size);
        room.Clear();
        lines[..Math.Min(lines.Length, room.Length)].CopyTo(room);
        return bytes;
    }

    private static byte[] Read(string seed) => new Seeds(typeof(Template).Assembly).Read(seed);
}
