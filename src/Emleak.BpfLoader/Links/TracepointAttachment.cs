using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to a tracepoint with the record that tracefs describes, through a perf event.</summary>
internal static unsafe class TracepointAttachment
{
    private const int FirstCpu = 0;

    public static BpfLink Attach(BpfProgram program, string group, string name, ulong? cookie)
    {
        PerfEventAttachment attachment = new(program, $"tracepoint {group}/{name}", Advice);
        PerfEventAttr attr = default;
        attr.Type = (uint)PerfTypeId.Tracepoint;
        attr.Config = TraceFileSystem.FindTracepoint(group, name);
        program.Demand(BpfProgramType.Tracepoint, "a tracepoint");
        // One event runs the program on every CPU, whichever it names.
        return attachment.Bind(attachment.Open(&attr, PerfEventAttachment.EveryThread, FirstCpu), cookie);
    }

    private static string? Advice(Errno errno) => errno switch
    {
        Errno.AccessDenied => "the program reads beyond the tracepoint's record",
        Errno.NotPermitted => LoadAdvice.ToAttach(),
        _ => null,
    };
}
