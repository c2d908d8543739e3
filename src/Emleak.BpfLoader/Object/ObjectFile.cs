using System.Text;
using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>The ELF side of a BPF object: sections, symbols with names, relocations. Lives only while an object is parsed.</summary>
internal sealed class ObjectFile
{
    public const int InstructionSize = 8;
    // The kernel keeps 511 bytes of its longest names. Rows of a few bytes may all name one long string.
    private const int MaxNameLength = 511;
    private const int SymbolSize = 24;
    private const int RelocationSize = 16;

    private readonly ElfImage _image;
    private readonly ILookup<int, ObjectSymbol> _symbolsBySection;
    private readonly ILookup<uint, ElfSection> _relocationsByTarget;

    public ObjectFile(ElfImage image)
    {
        _image = image;
        if (!image.Is64Bit || image.Machine != ElfMachine.Bpf) throw new MalformedDataException("ELF header", 0, $"not a BPF object: {NameOf(image.Machine)}");
        if (image.IsBigEndian) throw new MalformedDataException("ELF header", 5, "BPF for big-endian machines is not supported");
        if (image.Type != ElfType.Relocatable) throw new MalformedDataException("ELF header", 16, "not a relocatable object");
        Symbols = ReadSymbols(image);
        _symbolsBySection = Symbols.ToLookup(symbol => symbol.Section);
        _relocationsByTarget = image.Sections.Where(section => section.Type == ElfSectionType.Relocations).ToLookup(section => section.Info);
        if (image.FindSection(".BTF") is { } section) Btf = BtfTypes.Parse(image.GetData(section).ToArray());
    }

    public IReadOnlyList<ElfSection> Sections => _image.Sections;

    public ObjectSymbol[] Symbols { get; }

    /// <summary>The object's types, or null when it was compiled without <c>-g</c>.</summary>
    public BtfTypes? Btf { get; }

    public ElfSection? FindSection(string name) => _image.FindSection(name);

    /// <summary>What a section has in the file: as many bytes as it says, or none.</summary>
    public ReadOnlySpan<byte> GetData(ElfSection section)
    {
        ReadOnlySpan<byte> data = _image.GetData(section);
        if (!data.IsEmpty && (ulong)data.Length != section.Size) throw new MalformedDataException(section.Name, 0, "compressed, which only debug information may be");
        return data;
    }

    public ByteReader GetReader(ElfSection section) => _image.GetReader(section);

    public string SectionName(int index) => (uint)index < (uint)Sections.Count ? Sections[index].Name : $"section {index}";

    /// <summary>Symbols that are defined in a section.</summary>
    public IEnumerable<ObjectSymbol> SymbolsOf(ElfSection section) => _symbolsBySection[section.Index];

    /// <summary>The instructions of an executable section.</summary>
    public BpfInstruction[] ReadInstructions(ElfSection section)
    {
        ByteReader reader = GetReader(section);
        if (reader.Length % InstructionSize != 0)
        {
            throw new MalformedDataException(section.Name, reader.Length, "instructions take a multiple of 8 bytes");
        }

        var instructions = new BpfInstruction[reader.Length / InstructionSize];
        for (int i = 0; i < instructions.Length; i++)
        {
            instructions[i].Code = reader.ReadU8();
            instructions[i].Registers = reader.ReadU8();
            instructions[i].Offset = unchecked((short)reader.ReadU16());
            instructions[i].Immediate = reader.ReadI32();
        }

        return instructions;
    }

    /// <summary>Relocations of a section, by instruction slot.</summary>
    public Dictionary<int, ObjectRelocation> ReadRelocations(ElfSection target)
    {
        Dictionary<int, ObjectRelocation> relocations = [];
        foreach (ElfSection section in _relocationsByTarget[(uint)target.Index])
        {
            ByteReader reader = GetReader(section);
            while (reader.Remaining >= RelocationSize)
            {
                int at = reader.Position;
                ulong offset = reader.ReadU64();
                uint type = reader.ReadU32();
                uint symbol = reader.ReadU32();
                if (offset % InstructionSize != 0 || offset >= target.Size || symbol >= (uint)Symbols.Length)
                {
                    throw new MalformedDataException(section.Name, at, $"relocation of offset 0x{offset:x} by symbol {symbol}");
                }

                if (!relocations.TryAdd((int)(offset / InstructionSize), new ObjectRelocation(type, (int)symbol)))
                {
                    throw new MalformedDataException(section.Name, at, $"offset 0x{offset:x} is relocated twice");
                }
            }
        }

        return relocations;
    }

    /// <summary>True when another section relocates places of this one.</summary>
    public bool HasRelocations(ElfSection target) => _relocationsByTarget[(uint)target.Index].Any(section => section.Size != 0);

    /// <summary>A name from a string table, as a string of its own.</summary>
    /// <exception cref="MalformedDataException">It is longer than names are.</exception>
    public static string DecodeName(ReadOnlySpan<byte> name, string where)
    {
        if (name.Length > MaxNameLength) throw new MalformedDataException(where, 0, $"a name of {name.Length} bytes");
        return Encoding.UTF8.GetString(name);
    }

    private static string NameOf(ElfMachine machine) => machine switch
    {
        ElfMachine.X64 => "x86-64",
        ElfMachine.Arm64 => "aarch64",
        ElfMachine.X86 => "32-bit x86",
        ElfMachine.Arm => "32-bit Arm",
        ElfMachine.Bpf => "32-bit BPF",
        _ => $"code for machine {(ushort)machine}",
    };

    private static ObjectSymbol[] ReadSymbols(ElfImage image)
    {
        ElfSymbolTable table = image.Symbols;
        ElfSection? rows = image.Sections.FirstOrDefault(section => section.Type == ElfSectionType.SymbolTable);
        if (rows is null) return [];
        ReadOnlySpan<byte> data = image.GetData(rows);
        var symbols = new ObjectSymbol[table.Count];
        for (int i = 0; i < symbols.Length; i++)
        {
            ElfSymbol symbol = table[i];
            // STV_INTERNAL and STV_HIDDEN: the upper bits of st_other belong to nobody.
            bool isHidden = (data[(i * SymbolSize) + 5] & 3) is 1 or 2;
            symbols[i] = new ObjectSymbol(
                DecodeName(table.GetName(symbol), rows.Name), symbol.Kind, symbol.Binding == ElfSymbolBinding.Local,
                symbol.Binding == ElfSymbolBinding.Weak, isHidden, symbol.SectionIndex, symbol.Value, symbol.Size);
        }

        return symbols;
    }
}
