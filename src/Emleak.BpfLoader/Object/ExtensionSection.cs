using Emleak.BpfLoader.Core;

namespace Emleak.BpfLoader.Object;

/// <summary>What <c>.BTF.ext</c> says of one code section; instruction numbers are slots of that section, ascending.</summary>
internal sealed class ExtensionSection
{
    public static ExtensionSection Empty { get; } = new();

    public List<FunctionInfo> Functions { get; } = [];

    public List<LineInfo> Lines { get; } = [];

    public List<CoreRelocation> Relocations { get; } = [];

    public void Sort()
    {
        Functions.Sort((left, right) => left.Instruction.CompareTo(right.Instruction));
        Lines.Sort((left, right) => left.Instruction.CompareTo(right.Instruction));
        Relocations.Sort((left, right) => left.Instruction.CompareTo(right.Instruction));
    }
}
