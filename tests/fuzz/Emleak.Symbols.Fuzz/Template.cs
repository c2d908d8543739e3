using Emleak.Elf;
using Emleak.Fuzzing;

namespace Emleak.Symbols.Fuzz;

/// <summary>A sound program whose line programs are replaced, so that damage reaches nothing else.</summary>
internal static class Template
{
    private static readonly byte[] Program = new Seeds(typeof(Template).Assembly).Read("dwarf/gcc-5");

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
}
