using Emleak.BpfLoader.Core;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>What <c>.BTF.ext</c> says of one code section; instruction numbers are slots of that section.</summary>
internal sealed class ExtensionSection
{
    public static ExtensionSection Empty { get; } = new();

    public List<FunctionInfo> Functions { get; } = [];

    public List<LineInfo> Lines { get; } = [];

    public List<CoreRelocation> Relocations { get; } = [];

    /// <summary>Puts the rows in ascending order, one for each instruction: so their number cannot exceed that of the instructions.</summary>
    /// <exception cref="MalformedDataException">An instruction has two rows of one sort.</exception>
    public void Sort(string section)
    {
        Sort(section, Functions, row => row.Instruction);
        Sort(section, Lines, row => row.Instruction);
        Sort(section, Relocations, row => row.Instruction);
    }

    private static void Sort<T>(string section, List<T> rows, Func<T, int> slotOf)
    {
        rows.Sort((left, right) => slotOf(left).CompareTo(slotOf(right)));
        for (int i = 1; i < rows.Count; i++)
        {
            if (slotOf(rows[i]) != slotOf(rows[i - 1])) continue;
            throw new MalformedDataException(".BTF.ext", 0, $"two {typeof(T).Name} of instruction {slotOf(rows[i])} of {section}");
        }
    }
}
