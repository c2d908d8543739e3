using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>
/// Takes a wait out of the way of whoever attaches uprobes a moment later. The first registration of a uprobe after a pause waits for
/// a grace period of RCU, 10 to 20 milliseconds, to keep processes from forking meanwhile (<c>dup_mmap_sem</c>, a percpu_rw_semaphore);
/// another one that comes within a grace period of it does not. So one is made that nobody hits.
/// </summary>
public static unsafe class UprobeWarmUp
{
    // MFD_CLOEXEC.
    private const nint CloseOnExec = 1;

    /// <summary>
    /// Registers a uprobe in a file in memory that no process has mapped, so no breakpoint is written anywhere, and removes it.
    /// Blocks as long as that takes: meant for a thread of its own, while other things are got ready.
    /// </summary>
    /// <returns>False where the kernel does not allow it; then nothing is won.</returns>
    public static bool Run()
    {
        nint file;
        fixed (byte* name = "emleak-warm-up"u8) file = Libc.Syscall(SyscallNumbers.MemfdCreate, (nint)name, CloseOnExec, 0);
        if (file < 0) return false;
        try
        {
            using BpfHandle memory = BpfHandle.Own((int)file);
            UprobeOptions own = new() { Pid = Environment.ProcessId };
            Errno errno = UprobeAttachment.TryOpenEvent($"/proc/self/fd/{memory.Descriptor}", fileOffset: 0, own, out BpfHandle? perfEvent);
            perfEvent?.Dispose();
            return errno == Errno.None;
        }
        catch (BpfException)
        {
            return false;
        }
    }
}
