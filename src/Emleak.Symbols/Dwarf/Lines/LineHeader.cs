namespace Emleak.Symbols.Dwarf.Lines;

/// <summary>The header of a line program (DWARF 5, section 6.2.4).</summary>
internal sealed class LineHeader
{
    public required UnitFormat Format { get; init; }

    /// <summary>Where the program starts in <c>.debug_line</c>.</summary>
    public required int ProgramStart { get; init; }

    /// <summary>First byte after the program.</summary>
    public required int ProgramEnd { get; init; }

    public required byte MinInstructionLength { get; init; }

    /// <summary>Operations in one instruction: more than one only on machines with very long instructions.</summary>
    public required byte MaxOperations { get; init; }

    public required sbyte LineBase { get; init; }

    public required byte LineRange { get; init; }

    /// <summary>First of the opcodes that advance address and line at once.</summary>
    public required byte OpcodeBase { get; init; }

    /// <summary>Number of arguments of each standard opcode, the first at index 0.</summary>
    public required byte[] ArgumentCounts { get; init; }

    public required LineFiles Files { get; init; }
}
