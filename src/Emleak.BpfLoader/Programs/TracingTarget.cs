using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Programs;

/// <summary>
/// What a program is verified against that is attached by the kernel's types: a function of the kernel, or a tracepoint's
/// prototype.
/// </summary>
internal static class TracingTarget
{
    /// <summary>The target's number in the kernel's types; 0 for programs that are attached in other ways.</summary>
    /// <exception cref="BpfException">The program does not say its target, or the kernel's types do not have it.</exception>
    public static uint Find(ProgramSpec program)
    {
        if (NameOf(program) is not (string prefix, BtfKind kind)) return 0;
        if (program.AttachTarget is not string target)
            throw new BpfException($"program '{program.Name}' does not say what to attach to: set {nameof(ProgramSpec.AttachTarget)}");
        if (KernelBtf.Default.TryFind(prefix + target, kind, out BtfType type)) return type.Id.Value;
        string what = kind == BtfKind.Typedef ? "tracepoint" : program.Type == BpfProgramType.Lsm ? "security hook" : "function";
        throw new BpfException(
            $"program '{program.Name}' is to be attached to {what} '{target}', which this kernel's types do not have" +
            (what == "function" ? " (static functions may be inlined away, and those of modules are not looked for)" : ""));
    }

    // These prefixes are how the kernel names what it makes for each tracepoint, hook and iterator.
    private static (string Prefix, BtfKind Kind)? NameOf(ProgramSpec program) => (program.Type, program.ExpectedAttachType) switch
    {
        (BpfProgramType.Tracing, BpfAttachType.TraceRawTp) => ("btf_trace_", BtfKind.Typedef),
        (BpfProgramType.Tracing, BpfAttachType.TraceFentry or BpfAttachType.TraceFexit or BpfAttachType.ModifyReturn) => ("", BtfKind.Function),
        (BpfProgramType.Tracing, BpfAttachType.TraceIter) => ("bpf_iter_", BtfKind.Function),
        (BpfProgramType.Lsm, _) => ("bpf_lsm_", BtfKind.Function),
        _ => null,
    };
}
