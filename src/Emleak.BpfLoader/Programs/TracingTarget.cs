using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Programs;

/// <summary>
/// The type of the kernel that a program is verified against: fentry, tp_btf, LSM and iterator programs take their
/// arguments from it, so that the kernel wants to know it when it loads them.
/// </summary>
/// <param name="Type">Its number.</param>
/// <param name="Module">The module that it is of; null: the kernel itself, or a program.</param>
/// <param name="Program">The program that it is of, or null.</param>
/// <param name="Member">The member of the structure of functions that the program stands for, or null.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TracingTarget(BtfTypeId Type, KernelModule? Module, BpfProgram? Program = null, int? Member = null)
{
    /// <summary>The target of a program; none for types that need none.</summary>
    /// <param name="program">The program.</param>
    /// <param name="types">Where the kernel's types are found.</param>
    /// <param name="other">The program whose function it is to replace or trace, or null.</param>
    /// <param name="structures">The object's structures of functions.</param>
    /// <exception cref="BpfException">There is no such function or tracepoint, or the program does not name any.</exception>
    public static TracingTarget Resolve(ProgramSpec program, KernelTypes types, BpfProgram? other, IReadOnlyList<StructOps> structures)
    {
        if (program.Type == BpfProgramType.StructOps) return OfStructure(program, structures);
        if (other is not null) return OfProgram(program, other);
        if (program.Type == BpfProgramType.Ext)
            throw new BpfException($"program '{program.Name}' must be told whose function it replaces: {nameof(LoadOptions)}.{nameof(LoadOptions.TargetPrograms)}");
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

    private static TracingTarget OfStructure(ProgramSpec program, IReadOnlyList<StructOps> structures)
    {
        foreach (StructOps structure in structures)
        {
            if (structure.MemberOf(program.Name) is { } member) return new TracingTarget(structure.Kernel.Type.Id, structure.Kernel.Module, Member: member);
        }

        throw new BpfException($"program '{program.Name}' is in no structure of functions (SEC(\".struct_ops.link\"))");
    }

    private static TracingTarget OfProgram(ProgramSpec program, BpfProgram other)
    {
        string name = program.AttachTarget ?? throw new BpfException($"program '{program.Name}' must name a function of {other}: SEC(\"{program.SectionName}/...\")");
        return ProgramQuery.ReadTypes(other).TryFind(name, BtfKind.Function, out BtfType function)
            ? new TracingTarget(function.Id, null, other)
            : throw new BpfException($"cannot load program '{program.Name}': {other} has no function '{name}'");
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
