using System.Text;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to a tracepoint by its name, without tracefs. Since kernel 4.17.</summary>
internal static class RawTracepointAttachment
{
    public static BpfLink Attach(BpfProgram program, string name, ulong? cookie)
    {
        byte[] nameBytes = Encoding.UTF8.GetBytes(name + '\0');
        Errno errno = BpfSyscall.OpenRawTracepoint(program.Handle, nameBytes, cookie ?? 0, out BpfHandle? link);
        string place = $"raw tracepoint {name}";
        return link is null
            ? throw new BpfException($"attach {place}", errno, Advice(errno, cookie))
            : new BpfLink(link, $"{program.Name} on {place}");
    }

    private static string? Advice(Errno errno, ulong? cookie) => errno switch
    {
        Errno.NoEntry => "this kernel has no such tracepoint; the name goes without its group",
        Errno.Invalid when cookie is not null => "cookies of raw tracepoints need Linux 6.10",
        Errno.Invalid => "the program is not a raw tracepoint program, or reads more arguments than the tracepoint has",
        _ => null,
    };
}
