using System.Runtime.InteropServices;
using System.Text;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>An object's types in the kernel.</summary>
/// <param name="Handle">The types; null when there are none, when the kernel is older than types of functions (5.0), or refuses them.</param>
/// <param name="Refusal">What the kernel says against them; null when it says nothing.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BtfUpload(BpfHandle? Handle, string? Refusal)
{
    private const int LogSize = 1 << 16;

    /// <summary>
    /// Gives the types to the kernel. That it refuses them is no error: compilers of other languages write names that it does not take,
    /// and few programs need types there.
    /// </summary>
    public static BtfUpload Load(BpfObject spec)
    {
        // Probing costs a call for each kind of type, which most kernels make needless.
        BtfFeatures known = KernelBtfFeatures.Unmasked;
        if (!known.HasFlag(BtfFeatures.Functions)) return default;
        ReadOnlyMemory<byte> btf = spec.GetKernelBtf(known);
        if (btf.IsEmpty) return default;
        Errno errno = BpfSyscall.LoadBtf(btf.Span, [], out BpfHandle? handle);
        if (errno == Errno.Invalid && KernelBtfFeatures.Default != known)
        {
            // Before 5.0 nothing but the dump of maps has a use for types.
            if (!KernelBtfFeatures.Default.HasFlag(BtfFeatures.Functions)) return default;
            btf = spec.GetKernelBtf(KernelBtfFeatures.Default);
            errno = BpfSyscall.LoadBtf(btf.Span, [], out handle);
        }

        return handle is not null ? new BtfUpload(handle, null)
            : new BtfUpload(null, $"{errno.Describe()}{((LoadAdvice.For(errno) ?? LastComplaint(btf.Span)) is { } why ? $" ({why})" : "")}");
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
