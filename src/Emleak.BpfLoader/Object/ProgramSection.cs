using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// What the name of a program's section says: <c>[?]kind[/target]</c>, as in the kernel documentation "Program Types and ELF Sections".
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProgramSection(
    BpfProgramType Type, BpfAttachType AttachType = default, uint LoadFlags = 0, bool IsReturnProbe = false, bool NeedsTarget = false)
{
    private const uint Sleepable = 1 << 4;
    private const uint XdpFragments = 1 << 5;

    private static readonly FrozenDictionary<string, ProgramSection> Kinds = new Dictionary<string, ProgramSection>(StringComparer.Ordinal)
    {
        ["uprobe"] = new(BpfProgramType.Kprobe),
        ["uprobe.s"] = new(BpfProgramType.Kprobe, LoadFlags: Sleepable),
        ["uretprobe"] = new(BpfProgramType.Kprobe, IsReturnProbe: true),
        ["uretprobe.s"] = new(BpfProgramType.Kprobe, LoadFlags: Sleepable, IsReturnProbe: true),
        ["uprobe.multi"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti),
        ["uprobe.multi.s"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, Sleepable),
        ["uretprobe.multi"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, IsReturnProbe: true),
        ["uretprobe.multi.s"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, Sleepable, IsReturnProbe: true),
        ["uprobe.session"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeSession),
        ["uprobe.session.s"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeSession, Sleepable),
        ["kprobe"] = new(BpfProgramType.Kprobe),
        ["kretprobe"] = new(BpfProgramType.Kprobe, IsReturnProbe: true),
        ["kprobe.multi"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceKprobeMulti),
        ["kretprobe.multi"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceKprobeMulti, IsReturnProbe: true),
        ["kprobe.session"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceKprobeSession),
        ["tp"] = new(BpfProgramType.Tracepoint),
        ["tracepoint"] = new(BpfProgramType.Tracepoint),
        ["raw_tp"] = new(BpfProgramType.RawTracepoint),
        ["raw_tracepoint"] = new(BpfProgramType.RawTracepoint),
        ["raw_tp.w"] = new(BpfProgramType.RawTracepointWritable),
        ["raw_tracepoint.w"] = new(BpfProgramType.RawTracepointWritable),
        ["tp_btf"] = new(BpfProgramType.Tracing, BpfAttachType.TraceRawTp, NeedsTarget: true),
        ["fentry"] = new(BpfProgramType.Tracing, BpfAttachType.TraceFentry, NeedsTarget: true),
        ["fentry.s"] = new(BpfProgramType.Tracing, BpfAttachType.TraceFentry, Sleepable, NeedsTarget: true),
        ["fexit"] = new(BpfProgramType.Tracing, BpfAttachType.TraceFexit, NeedsTarget: true),
        ["fexit.s"] = new(BpfProgramType.Tracing, BpfAttachType.TraceFexit, Sleepable, NeedsTarget: true),
        ["perf_event"] = new(BpfProgramType.PerfEvent),
        ["socket"] = new(BpfProgramType.SocketFilter),
        ["xdp"] = new(BpfProgramType.Xdp, BpfAttachType.Xdp),
        ["xdp.frags"] = new(BpfProgramType.Xdp, BpfAttachType.Xdp, XdpFragments),
        ["tc"] = new(BpfProgramType.SchedCls),
        ["classifier"] = new(BpfProgramType.SchedCls),
        ["syscall"] = new(BpfProgramType.Syscall, LoadFlags: Sleepable),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Makes an empty specification of what the section's name says.</summary>
    /// <exception cref="MalformedDataException">The name is of no kind that is known, or lacks the target that its kind needs.</exception>
    public static ProgramSpec CreateSpec(string program, string section)
    {
        string name = section.TrimStart('?');
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string kind = slash < 0 ? name : name[..slash];
        string? target = slash < 0 || slash + 1 == name.Length ? null : name[(slash + 1)..];
        if (!Kinds.TryGetValue(kind, out ProgramSection known))
        {
            throw new MalformedDataException(section, 0, $"program {program} is in a section whose name tells no known program type");
        }

        if (known.NeedsTarget && target is null)
        {
            throw new MalformedDataException(section, 0, $"program {program}: the section's name must say what to attach to: {kind}/...");
        }

        return new ProgramSpec(program, section)
        {
            Type = known.Type,
            ExpectedAttachType = known.AttachType,
            LoadFlags = known.LoadFlags,
            IsReturnProbe = known.IsReturnProbe,
            AttachTarget = target,
            IsLoaded = !section.StartsWith('?'),
        };
    }
}
