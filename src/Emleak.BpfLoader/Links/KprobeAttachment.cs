using System.Text;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to one instruction of the kernel, through a perf event of the kprobe PMU.</summary>
internal static unsafe class KprobeAttachment
{
    private const int FirstCpu = 0;

    public static BpfLink Attach(BpfProgram program, string function, KprobeOptions options)
    {
        program.Demand(BpfProgramType.Kprobe, "a kprobe");
        string kind = options.IsReturn ? "kretprobe" : "kprobe";
        string place = options.Offset == 0 ? $"{kind} {function}" : $"{kind} {function}+0x{options.Offset:x}";
        PerfEventAttachment attachment = new(program, place, Advice);
        return attachment.Bind(OpenEvent(attachment, function, options), options.Cookie);
    }

    private static BpfHandle OpenEvent(PerfEventAttachment attachment, string function, KprobeOptions options)
    {
        ProbePmu pmu = ProbePmu.Kprobe;
        fixed (byte* name = Encoding.UTF8.GetBytes(function + '\0'))
        {
            PerfEventAttr attr = default;
            attr.Type = pmu.Type;
            attr.Config = options.IsReturn ? pmu.ReturnProbe : 0;
            attr.KprobeFunc = (ulong)name;
            attr.ProbeOffset = options.Offset;
            return attachment.Open(&attr, PerfEventAttachment.EveryThread, FirstCpu);
        }
    }

    private static string? Advice(Errno errno) => errno switch
    {
        Errno.NoEntry => "the kernel has no such function, or it is inlined everywhere",
        Errno.AddressNotAvailable => "the kernel has several functions of that name",
        Errno.AccessDenied or Errno.NotPermitted => LoadAdvice.ToAttach(),
        Errno.Invalid => "the instruction cannot be probed, or none starts there",
        _ => null,
    };
}
