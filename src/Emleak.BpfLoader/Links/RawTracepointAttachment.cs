using System.Text;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to a tracepoint by its name, without tracefs. Since kernel 4.17.</summary>
internal static class RawTracepointAttachment
{
    public static BpfLink Attach(BpfProgram program, string name)
    {
        byte[] nameBytes = Encoding.UTF8.GetBytes(name + '\0');
        Errno errno = BpfSyscall.OpenRawTracepoint(program.Handle, nameBytes, out BpfHandle? link);
        string place = $"raw tracepoint {name}";
        return link is null
            ? throw new BpfException($"attach {place}", errno, Advice(errno))
            : new BpfLink(link, $"{program.Name} on {place}");
    }

    private static string? Advice(Errno errno) => errno switch
    {
        Errno.NoEntry => "this kernel has no such tracepoint; the name goes without its group",
        Errno.Invalid => "the program is not a raw tracepoint program, or reads more arguments than the tracepoint has",
        _ => null,
    };
}
