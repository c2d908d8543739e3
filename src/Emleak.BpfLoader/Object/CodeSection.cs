using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>An executable section: its instructions, its functions in order, and what refers to them.</summary>
internal sealed class CodeSection
{
    private const string CalledOnly = ".text";

    private CodeSection(ObjectFile file, ElfSection section, ExtensionSection? extension)
    {
        Name = section.Name;
        Instructions = file.ReadInstructions(section);
        Relocations = file.ReadRelocations(section);
        Extension = extension ?? ExtensionSection.Empty;
        Functions = ReadFunctions(file, section);
    }

    public string Name { get; }

    public BpfInstruction[] Instructions { get; }

    public Dictionary<int, ObjectRelocation> Relocations { get; }

    /// <summary>What <c>.BTF.ext</c> knows of the section.</summary>
    public ExtensionSection Extension { get; }

    /// <summary>Functions by first slot, ascending; they do not overlap.</summary>
    public IReadOnlyList<ObjectFunction> Functions { get; }

    public static Dictionary<int, CodeSection> ReadAll(ObjectFile file, BtfExtension extension)
    {
        Dictionary<int, CodeSection> sections = [];
        foreach (ElfSection section in file.Sections)
        {
            if (section.Type != ElfSectionType.ProgramBits || !section.IsExecutable || section.Size == 0) continue;
            extension.Sections.TryGetValue(section.Name, out ExtensionSection? known);
            sections[section.Index] = new CodeSection(file, section, known);
        }

        return sections;
    }

    /// <summary>The function that starts at a slot.</summary>
    /// <exception cref="MalformedDataException">None does.</exception>
    public ObjectFunction FunctionAt(long slot)
    {
        int low = 0;
        int high = Functions.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int start = Functions[middle].Start;
            if (start == slot) return Functions[middle];
            if (start < slot) low = middle + 1;
            else high = middle - 1;
        }

        throw new MalformedDataException(Name, slot * ObjectFile.InstructionSize, "no function starts here, and one is referred to");
    }

    private List<ObjectFunction> ReadFunctions(ObjectFile file, ElfSection section)
    {
        List<ObjectFunction> functions = [];
        IEnumerable<ObjectSymbol> symbols = file.SymbolsOf(section)
            .Where(symbol => symbol.Kind == ElfSymbolKind.Function)
            .OrderBy(symbol => symbol.Offset).ThenBy(symbol => symbol.IsLocal);
        ulong end = 0;
        foreach (ObjectSymbol symbol in symbols)
        {
            const ulong Unit = ObjectFile.InstructionSize;
            if (symbol.Offset % Unit != 0 || symbol.Size % Unit != 0 || symbol.Size == 0
                || symbol.Offset > section.Size || symbol.Size > section.Size - symbol.Offset)
            {
                throw new MalformedDataException(section.Name, (long)symbol.Offset, $"function {symbol.Name} of 0x{symbol.Size:x} bytes");
            }

            // An overlap would let a small file grow without bound when functions are linked.
            if (symbol.Offset < end) throw new MalformedDataException(section.Name, (long)symbol.Offset, $"function {symbol.Name} overlaps another");
            end = symbol.Offset + symbol.Size;
            bool isProgram = section.Name != CalledOnly && !symbol.IsLocal;
            functions.Add(new ObjectFunction(symbol.Name, this, (int)(symbol.Offset / Unit), (int)(symbol.Size / Unit), isProgram));
        }

        return functions;
    }
}
