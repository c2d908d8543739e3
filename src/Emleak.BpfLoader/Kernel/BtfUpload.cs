using System.Text;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>Gives an object's types to the kernel.</summary>
internal static class BtfUpload
{
    private const int LogSize = 1 << 16;

    /// <summary>Null when the object has no types, or the kernel is older than types of functions (5.0).</summary>
    /// <exception cref="BpfException">The kernel refuses the types although it knows their kinds.</exception>
    public static BpfHandle? TryLoad(BpfObject spec)
    {
        // Probing costs a call for each kind of type, which most kernels make needless.
        BtfFeatures known = KernelBtfFeatures.Unmasked;
        if (!known.HasFlag(BtfFeatures.Functions)) return null;
        ReadOnlyMemory<byte> btf = spec.GetKernelBtf(known);
        if (btf.IsEmpty) return null;
        Errno errno = BpfSyscall.LoadBtf(btf.Span, [], out BpfHandle? handle);
        if (handle is not null) return handle;
        if (errno == Errno.Invalid && KernelBtfFeatures.Default != known)
        {
            // Before 5.0 nothing but the dump of maps has a use for types.
            if (!KernelBtfFeatures.Default.HasFlag(BtfFeatures.Functions)) return null;
            btf = spec.GetKernelBtf(KernelBtfFeatures.Default);
            errno = BpfSyscall.LoadBtf(btf.Span, [], out handle);
            if (handle is not null) return handle;
        }

        throw new BpfException("give the object's types to the kernel", errno, LoadAdvice.For(errno) ?? LastComplaint(btf.Span));
    }

    // The kernel lists all types and stops at the one it does not take.
    private static string? LastComplaint(ReadOnlySpan<byte> btf)
    {
        byte[] log = new byte[LogSize];
        BpfSyscall.LoadBtf(btf, log, out BpfHandle? handle);
        handle?.Dispose();
        string text = Encoding.UTF8.GetString(log).TrimEnd('\0', '\n');
        return text.Length == 0 ? null : text[(text.LastIndexOf('\n') + 1)..];
    }
}
