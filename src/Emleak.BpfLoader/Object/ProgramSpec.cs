using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Core;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// A program as the object describes it: its own instructions and those of every function it reaches, linked into one
/// sequence, with what is still to be filled in when it is loaded.
/// </summary>
public sealed class ProgramSpec
{
    /// <summary>Names a program of a section.</summary>
    public ProgramSpec(string name, string sectionName)
    {
        Name = name;
        SectionName = sectionName;
    }

    /// <summary>The C function's name. The kernel keeps 15 bytes of it.</summary>
    public string Name { get; }

    /// <summary>The ELF section, which tells the type: <c>uprobe/...</c>, <c>raw_tp/...</c>.</summary>
    public string SectionName { get; }

    /// <summary>
    /// The program type that the kernel checks it as. <see cref="BpfProgramType.Unspec"/> when the section's name is not one that names
    /// a type: set it, or the program cannot be loaded.
    /// </summary>
    public BpfProgramType Type { get; set; }

    /// <summary>The way of attaching that the kernel wants to know at load time; 0 for most types.</summary>
    public BpfAttachType ExpectedAttachType { get; set; }

    /// <summary>What follows the first slash of the section's name: what to attach to; null when nothing does.</summary>
    public string? AttachTarget { get; set; }

    /// <summary>True for probes of a function's return (<c>uretprobe</c>, <c>kretprobe</c> and their variants).</summary>
    public bool IsReturnProbe { get; set; }

    /// <summary><c>BPF_F_*</c> flags of loading: sleepable (0x10), XDP fragments (0x20).</summary>
    public uint LoadFlags { get; set; }

    /// <summary>False when the section's name starts with <c>?</c>: loaded only when a caller sets this.</summary>
    public bool IsLoaded { get; set; } = true;

    /// <summary>The linked instructions: the program first, then the functions it reaches.</summary>
    public BpfInstruction[] Instructions { get; set; } = [];

    /// <summary>Loads that need a map's file descriptor.</summary>
    public IReadOnlyList<MapReference> MapReferences { get; set; } = [];

    /// <summary>Instructions that need something of the running kernel by name.</summary>
    public IReadOnlyList<ExternReference> ExternReferences { get; set; } = [];

    /// <summary>Places to adapt to the running kernel's types.</summary>
    public IReadOnlyList<CoreRelocation> CoreRelocations { get; set; } = [];

    /// <summary>Where functions start, ascending; empty when the object has no BTF.</summary>
    public IReadOnlyList<FunctionInfo> Functions { get; set; } = [];

    /// <summary>Source lines, ascending; empty when the object has none.</summary>
    public IReadOnlyList<LineInfo> Lines { get; set; } = [];

    /// <summary>The part of the section's name that tells the type, without the question mark: <c>uprobe.multi</c>.</summary>
    internal string SectionKind { get; set; } = "";

    /// <summary>Another one that is the same.</summary>
    internal ProgramSpec Copy() => (ProgramSpec)MemberwiseClone();
}
