using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Programs;

/// <summary>A program in the kernel, verified and ready to be attached. It runs while it is attached somewhere.</summary>
public sealed partial class BpfProgram : IDisposable
{
    internal BpfProgram(ProgramSpec spec, BpfHandle handle, string verifierLog)
    {
        Name = spec.Name;
        Type = spec.Type;
        ExpectedAttachType = spec.ExpectedAttachType;
        Handle = handle;
        AttachTarget = spec.AttachTarget;
        SectionKind = spec.SectionKind;
        IsReturnProbe = spec.IsReturnProbe;
        VerifierLog = verifierLog;
    }

    // Describes a program that another process may have loaded.
    private BpfProgram(BpfHandle handle, BpfAttachType expectedAttachType)
    {
        Handle = handle;
        VerifierLog = "";
        ExpectedAttachType = expectedAttachType;
        try
        {
            ProgramInfo info = ProgramQuery.Ask(handle, "an opened program");
            Name = info.Name;
            Type = info.Type;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The C function's name; the kernel keeps 15 bytes of it.</summary>
    public string Name { get; }

    /// <summary>The type that the kernel has verified it as.</summary>
    public BpfProgramType Type { get; }

    /// <summary>
    /// The way of attaching that it was loaded for (<see cref="ProgramSpec.ExpectedAttachType"/>); 0 for most types.
    /// </summary>
    public BpfAttachType ExpectedAttachType { get; }

    /// <summary>
    /// What it was loaded to be attached to (<see cref="ProgramSpec.AttachTarget"/>); null when its section does not say, or when it
    /// was not loaded by this object.
    /// </summary>
    public string? AttachTarget { get; }

    /// <summary>The file descriptor. This object owns it.</summary>
    public int FileDescriptor => Handle.Descriptor;

    /// <summary>What the verifier wrote down, if it was asked to (<see cref="LoadOptions.LogLevel"/>); else empty.</summary>
    public string VerifierLog { get; }

    internal BpfHandle Handle { get; }

    /// <summary>See <see cref="ProgramSpec.SectionKind"/>; empty when it was not loaded by this object.</summary>
    internal string SectionKind { get; } = "";

    internal bool IsReturnProbe { get; }

    /// <summary>How its USDT arguments are described; null when it does not read any by usdt.bpf.h.</summary>
    internal UsdtSpecs? Usdt { get; set; }

    /// <summary>The numbers of all programs of the system. Since kernel 4.13.</summary>
    /// <exception cref="BpfException">The caller may not ask.</exception>
    public static IEnumerable<uint> Ids => KernelObject.Program.Ids();

    /// <summary>Opens a program that is pinned.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expectedAttachType">What it was loaded for, which the kernel does not tell.</param>
    /// <exception cref="BpfException">There is no such file, or no program is pinned to it.</exception>
    public static BpfProgram OpenPinned(string path, BpfAttachType expectedAttachType = default) =>
        new(KernelObject.Program.OpenPinned(path), expectedAttachType);

    /// <summary>Opens any program of the system by its number. Since kernel 4.13.</summary>
    /// <param name="id">The number.</param>
    /// <param name="expectedAttachType">What it was loaded for, which the kernel does not tell.</param>
    /// <exception cref="BpfException">There is none, or the caller may not.</exception>
    public static BpfProgram OpenById(uint id, BpfAttachType expectedAttachType = default) =>
        new(KernelObject.Program.OpenById(id), expectedAttachType);

    /// <summary>
    /// Gives the program a file in a BPF file system, which keeps it in the kernel until the file is deleted. Since kernel 4.4.
    /// </summary>
    /// <exception cref="BpfException">The file exists, or its folder is not in a BPF file system.</exception>
    public void Pin(string path) => KernelObject.Pin(Handle, ToString(), path);

    /// <summary>What the kernel knows of the program. Since kernel 4.13.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public ProgramInfo GetInfo() => ProgramQuery.Ask(Handle, ToString());

    /// <summary>
    /// Runs the program now, without attaching it: network programs on a packet (since kernel 4.12), raw tracepoints on arguments
    /// (5.10), <c>syscall</c> programs on a context (5.14). Other types cannot be run so.
    /// </summary>
    /// <param name="input">The packet, or the context: for raw tracepoints 8 bytes for each argument.</param>
    /// <param name="output">Room for the packet as the program leaves it; the context is written back to <paramref name="input"/>.</param>
    /// <param name="repeat">How often to run a network program.</param>
    /// <exception cref="BpfException">The kernel refuses; ENOTSUPP: programs of this type cannot be run so.</exception>
    public ProgramRun Run(Span<byte> input = default, Span<byte> output = default, int repeat = 1) => TestRun.Do(this, input, output, repeat);

    /// <summary>Closes the file descriptor. Links keep the program until they are disposed.</summary>
    public void Dispose() => Handle.Dispose();

    /// <exception cref="InvalidOperationException">The program is of another type than what it is to be attached to runs.</exception>
    internal void Demand(BpfProgramType wanted, string place)
    {
        if (Type == wanted) return;
        string section = SectionKind.Length == 0 ? "" : $" (its section is '{SectionKind}')";
        throw new InvalidOperationException($"{this} cannot be attached to {place}, which runs programs of type {wanted}{section}");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Type} program '{Name}'";
}
