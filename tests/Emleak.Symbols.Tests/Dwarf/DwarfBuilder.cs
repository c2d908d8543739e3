using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests.Dwarf;

/// <summary>Builds a file with code and one unit of debug information (version 4), entry by entry.</summary>
internal sealed class DwarfBuilder
{
    /// <summary>Address of the code.</summary>
    public const ulong Code = 0x1000;

    private readonly List<byte> _abbreviations = [];

    /// <summary>Adds the shape of entries; codes, attributes and forms below 0x80.</summary>
    public void Abbreviation(byte code, byte tag, bool children, params (byte Attribute, byte Form)[] attributes)
    {
        _abbreviations.AddRange([code, tag, (byte)(children ? 1 : 0)]);
        foreach ((byte attribute, byte form) in attributes) _abbreviations.AddRange([attribute, form]);
        _abbreviations.AddRange([0, 0]);
    }

    /// <summary>Builds the file.</summary>
    /// <param name="entries">The unit's bytes after its header.</param>
    /// <param name="ranges">Content of <c>.debug_ranges</c>.</param>
    public byte[] Build(byte[] entries, byte[] ranges)
    {
        const int ProgramBits = 1;
        ElfBuilder builder = new();
        builder.AddCode(".text", Code, 64);
        builder.AddSection(".debug_abbrev", ProgramBits, [.. _abbreviations, 0]);
        builder.AddSection(".debug_info", ProgramBits, [.. BitConverter.GetBytes(entries.Length + 7), 4, 0, 0, 0, 0, 0, 8, .. entries]);
        if (ranges.Length > 0) builder.AddSection(".debug_ranges", ProgramBits, ranges);
        return builder.Build();
    }
}
