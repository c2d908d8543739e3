using Emleak.BpfLoader.Abi;
using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to what its section names (kernel documentation, "Program Types and ELF Sections").</summary>
internal static class SectionAttachment
{
    public static BpfLink Attach(BpfProgram program)
    {
        string kind = program.SectionKind.EndsWith(".s", StringComparison.Ordinal) ? program.SectionKind[..^2] : program.SectionKind;
        switch (kind)
        {
            case "uprobe" or "uretprobe":
                return AttachUprobe(program);
            case "uprobe.multi" or "uretprobe.multi" or "uprobe.session":
                (string path, string pattern) = SplitAt(program, ':');
                FileFunctions file = FileFunctions.Open(path);
                return program.AttachUprobes(file.Path, file.Matching(pattern), new UprobeMultiOptions { IsReturn = program.IsReturnProbe });
            case "usdt":
                return AttachUsdt(program);
            case "kprobe" or "kretprobe":
                (string function, ulong offset) = SplitOffset(program, TargetOf(program));
                return program.AttachKprobe(function, new KprobeOptions { IsReturn = program.IsReturnProbe, Offset = offset });
            case "ksyscall" or "kretsyscall":
                return program.AttachKprobe(FunctionOfSyscall(TargetOf(program)), new KprobeOptions { IsReturn = program.IsReturnProbe });
            case "kprobe.multi" or "kretprobe.multi" or "kprobe.session":
                return program.AttachKprobes(KernelFunctionsLike(TargetOf(program)), program.IsReturnProbe);
            case "tp" or "tracepoint":
                (string group, string name) = SplitAt(program, '/');
                return program.AttachTracepoint(group, name);
            case "raw_tp" or "raw_tracepoint" or "raw_tp.w" or "raw_tracepoint.w":
                return program.AttachRawTracepoint(TargetOf(program));
            case "tp_btf" or "fentry" or "fexit" or "fmod_ret" or "lsm" or "iter" or "freplace":
                return program.AttachTracing();
            default:
                throw new InvalidOperationException($"{program} is not attached by what its section names ('{program.SectionKind}'): {MethodFor(program)}");
        }
    }

    private static string MethodFor(BpfProgram program) => program.Type switch
    {
        BpfProgramType.Xdp => $"use {nameof(BpfProgram.AttachXdp)}",
        BpfProgramType.SchedCls => $"use {nameof(BpfProgram.AttachTrafficControl)} or {nameof(BpfProgram.AttachNetkit)}",
        BpfProgramType.Netfilter => $"use {nameof(BpfProgram.AttachNetfilter)}",
        BpfProgramType.SkLookup or BpfProgramType.FlowDissector => $"use {nameof(BpfProgram.AttachNetworkNamespace)}",
        BpfProgramType.SkMsg or BpfProgramType.SkSkb => $"use {nameof(BpfProgram.AttachSockets)}",
        BpfProgramType.PerfEvent => $"use {nameof(BpfProgram.AttachPerfEvent)}",
        BpfProgramType.StructOps => "attach the map of its structure",
        BpfProgramType.Syscall => $"use {nameof(BpfProgram.Run)}",
        BpfProgramType.Lsm or BpfProgramType.SockOps or BpfProgramType.CgroupDevice or BpfProgramType.CgroupSkb or BpfProgramType.CgroupSock or BpfProgramType.CgroupSockAddr
            or BpfProgramType.CgroupSockopt or BpfProgramType.CgroupSysctl => $"use {nameof(BpfProgram.AttachCgroup)}",
        _ => "this library has no way of attaching it",
    };

    private static BpfLink AttachUprobe(BpfProgram program)
    {
        (string path, string place) = SplitAt(program, ':');
        FileFunctions file = FileFunctions.Open(path);
        (string function, ulong offset) = SplitOffset(program, place);
        return program.AttachUprobe(file.Path, file.OffsetOf(function) + offset, new UprobeOptions { IsReturn = program.IsReturnProbe });
    }

    private static BpfLink AttachUsdt(BpfProgram program)
    {
        (string rest, string name) = SplitAtLast(program, TargetOf(program));
        (string path, string provider) = SplitAtLast(program, rest);
        return program.AttachUsdt(path, provider, name);
    }

    private static (string First, string Second) SplitAtLast(BpfProgram program, string text)
    {
        int at = text.LastIndexOf(':');
        return at > 0 && at + 1 < text.Length
            ? (text[..at], text[(at + 1)..])
            : throw new InvalidOperationException($"{program}: '{program.AttachTarget}' is not of the form path:provider:name");
    }

    private static string TargetOf(BpfProgram program) => program.AttachTarget
        ?? throw new InvalidOperationException($"{program} does not say in its section what it attaches to");

    private static (string First, string Second) SplitAt(BpfProgram program, char separator)
    {
        string target = TargetOf(program);
        int at = target.IndexOf(separator, StringComparison.Ordinal);
        return at > 0 && at + 1 < target.Length
            ? (target[..at], target[(at + 1)..])
            : throw new InvalidOperationException($"{program}: '{target}' is not of the form a{separator}b");
    }

    /// <summary><c>function+0x10</c>, <c>function+16</c>, <c>function</c>.</summary>
    private static (string Function, ulong Offset) SplitOffset(BpfProgram program, string place)
    {
        int plus = place.LastIndexOf('+');
        if (plus < 0) return (place, 0);
        ReadOnlySpan<char> digits = place.AsSpan(plus + 1);
        bool isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool isNumber = isHex
            ? ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong offset)
            : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out offset);
        if (plus == 0 || !isNumber) throw new InvalidOperationException($"{program}: '{place}' is not of the form function+offset");
        if (program.IsReturnProbe && offset != 0) throw new InvalidOperationException($"{program}: returns have no offset, '{place}' has");
        return (place[..plus], offset);
    }

    // System calls are reached by functions with a prefix, since 4.17 on x86-64 and 4.19 on aarch64.
    private static string FunctionOfSyscall(string name)
    {
        string prefix = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "__x64" : "__arm64";
        string wrapper = $"{prefix}_sys_{name}";
        return KernelSymbols.Has(wrapper) ? wrapper : $"sys_{name}";
    }

    private static KprobeSite[] KernelFunctionsLike(string pattern)
    {
        if (pattern.AsSpan().IndexOfAny('*', '?') < 0) return [new KprobeSite(pattern)];
        // Of the kernel's own symbols most cannot be probed: tracefs knows which can.
        KprobeSite[] sites = [.. TraceFileSystem.ProbeableFunctions()
            .Where(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)).Distinct(StringComparer.Ordinal)
            .Select(static name => new KprobeSite(name))];
        return sites.Length > 0 ? sites : throw new BpfException($"the kernel has no function like '{pattern}' that can be probed");
    }
}
