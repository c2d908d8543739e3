using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Programs;

namespace Emleak.BpfLoader;

/// <summary>How an object is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>
    /// The types that CO-RE relocations are resolved against; null: those of the running kernel, read when the first
    /// relocation asks for them.
    /// </summary>
    public BtfTypes? KernelBtf { get; init; }

    /// <summary>
    /// What the verifier shall write down for every program: 0 nothing, 1 the instructions it looks at, 2 all states, plus 4
    /// for statistics. A program that is refused is always tried again with at least 1.
    /// </summary>
    public int LogLevel { get; init; }

    /// <summary>
    /// Values for <c>__kconfig</c> externs that are used instead of the kernel's, by name, as the kernel's configuration file
    /// has them: <c>y</c>, <c>m</c>, <c>n</c>, a number, a text in double quotes.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Configuration { get; init; }

    /// <summary>
    /// Where maps are pinned that ask for it by name (<c>__uint(pinning, LIBBPF_PIN_BY_NAME)</c>): a folder of a BPF file system. A map
    /// that is pinned there already is used, when it is as the object declares it.
    /// </summary>
    public string PinFolder { get; init; } = "/sys/fs/bpf";

    /// <summary>
    /// Called when the maps are made and before programs are loaded, which takes much longer: so that maps can be filled meanwhile. They
    /// belong to the collection that is being loaded, and are closed when its loading fails.
    /// </summary>
    public Action<IReadOnlyDictionary<string, BpfMap>>? MapsMade { get; init; }

    /// <summary>
    /// By name of a program of the object: a loaded program, of which it replaces a function (<c>freplace/FUNCTION</c>, since kernel 5.6)
    /// or traces one (<c>fentry/FUNCTION</c>, <c>fexit/FUNCTION</c>, 5.5). That program must have been loaded with types.
    /// </summary>
    public IReadOnlyDictionary<string, BpfProgram> TargetPrograms { get; init; } = new Dictionary<string, BpfProgram>(StringComparer.Ordinal);

    /// <summary>Names of programs that are not loaded. Names that the object does not have are an error.</summary>
    public IReadOnlyCollection<string> LeaveOut { get; init; } = [];
}
