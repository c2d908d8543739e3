using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Programs;

/// <summary>
/// The type of the kernel that a program is verified against: fentry, tp_btf, LSM and iterator programs take their
/// arguments from it, so that the kernel wants to know it when it loads them.
/// </summary>
/// <param name="Type">Its number.</param>
/// <param name="Module">The module that it is of; null: the kernel itself.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TracingTarget(BtfTypeId Type, KernelModule? Module)
{
    /// <summary>The target of a program; none for types that need none.</summary>
    /// <exception cref="BpfException">The kernel has no such function or tracepoint, or the program does not name any.</exception>
    public static TracingTarget Resolve(ProgramSpec program, KernelTypes types)
    {
        if (program.Type is BpfProgramType.StructOps or BpfProgramType.Ext)
            throw new BpfException($"program '{program.Name}' is of type {program.Type}, which this loader reads and does not load");
        if (Pattern(program) is not { } pattern) return default;
        if (program.AttachTarget is not { } target)
            throw new BpfException($"program '{program.Name}' must name what it attaches to: SEC(\"{program.SectionName}/...\"), or {nameof(ProgramSpec.AttachTarget)}");
        // "module:function" asks for the function of that module.
        int colon = target.IndexOf(':', StringComparison.Ordinal);
        string? module = colon < 0 ? null : target[..colon];
        string name = pattern.Prefix + target[(colon + 1)..];
        KernelTypes.Found found = types.Find(name, pattern.Kind, module)
            ?? throw new BpfException($"cannot load program '{program.Name}': the kernel has no {pattern.What} '{target}'");
        return new TracingTarget(found.Type.Id, found.Module);
    }

    private static (string Prefix, BtfKind Kind, string What)? Pattern(ProgramSpec program) => (program.Type, program.ExpectedAttachType) switch
    {
        (BpfProgramType.Tracing, BpfAttachType.TraceRawTp) => ("btf_trace_", BtfKind.Typedef, "tracepoint"),
        (BpfProgramType.Tracing, BpfAttachType.TraceIter) => ("bpf_iter_", BtfKind.Function, "iterator"),
        (BpfProgramType.Tracing, _) => ("", BtfKind.Function, "function"),
        (BpfProgramType.Lsm, _) => ("bpf_lsm_", BtfKind.Function, "security hook"),
        _ => null,
    };
}
