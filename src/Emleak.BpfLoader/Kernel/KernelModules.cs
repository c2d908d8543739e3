using System.Text;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>The types of the kernel's modules, which continue the kernel's own. Since kernel 5.11.</summary>
internal static unsafe class KernelModules
{
    private const int MostNameBytes = 64;

    /// <summary>The modules that are loaded now, opened; the caller disposes the handles.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static List<KernelModule> Open(BtfTypes kernel)
    {
        List<KernelModule> modules = [];
        uint id = 0;
        while (BpfSyscall.NextId(BpfCmd.BtfGetNextId, ref id) == Errno.None)
        {
            // Gone meanwhile, which programs' BTF comes and goes.
            if (BpfSyscall.OpenById(BpfCmd.BtfGetFdById, id, out BpfHandle? handle) != Errno.None || handle is null) continue;
            if (TryRead(handle, kernel) is { } module) modules.Add(module);
            else handle.Dispose();
        }

        return modules;
    }

    private static KernelModule? TryRead(BpfHandle handle, BtfTypes kernel)
    {
        byte* name = stackalloc byte[MostNameBytes];
        BpfBtfInfo info = new() { Name = (ulong)name, NameLen = MostNameBytes };
        if (BpfSyscall.GetInfo(handle, ref info) != Errno.None || info.KernelBtf == 0) return null;
        string text = Encoding.UTF8.GetString(new ReadOnlySpan<byte>(name, (int)Math.Min(info.NameLen, MostNameBytes - 1))).TrimEnd('\0');
        if (text == "vmlinux") return null;
        byte[] data = new byte[info.BtfSize];
        fixed (byte* pointer = data)
        {
            info = new BpfBtfInfo { Btf = (ulong)pointer, BtfSize = (uint)data.Length };
            Errno errno = BpfSyscall.GetInfo(handle, ref info);
            if (errno != Errno.None) throw new BpfException($"read the types of module {text}", errno);
        }

        return new KernelModule(text, BtfTypes.Parse(data, kernel), handle);
    }
}
