using System.Text;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Programs;

/// <summary>
/// Loads a program with the verifier's log on, into a buffer that grows until the log fits, or has 16 MiB. Of a larger one kernels keep the end,
/// before 6.4 the beginning.
/// </summary>
internal static unsafe class VerifierLogBuffer
{
    private const int FirstSize = 1 << 16;
    private const int GrowthFactor = 8;

    // The most that kernels before 5.2 accept.
    private const int LargestSize = (1 << 24) - 1;

    /// <summary>Loads the program again, with the log off.</summary>
    public static Errno LoadWithout(BpfAttr* attr, out BpfHandle? program)
    {
        attr->LogLevel = 0;
        attr->LogBuf = 0;
        attr->LogSize = 0;
        return BpfSyscall.LoadProgram(attr, out program);
    }

    /// <returns>ENOSPC: the log did not fit, whatever else the verifier thinks of the program.</returns>
    public static Errno Load(BpfAttr* attr, uint level, out BpfHandle? program, out string log)
    {
        for (int size = FirstSize; ; size = Math.Min(LargestSize, size * GrowthFactor))
        {
            byte[] buffer = GC.AllocateUninitializedArray<byte>(size);
            buffer[0] = 0;
            fixed (byte* pointer = buffer)
            {
                attr->LogLevel = level;
                attr->LogBuf = (ulong)pointer;
                attr->LogSize = (uint)size;
                Errno errno = BpfSyscall.LoadProgram(attr, out program);
                if (errno == Errno.NoSpace && size < LargestSize) continue;
                int end = buffer.AsSpan().IndexOf((byte)0);
                log = Encoding.UTF8.GetString(buffer, 0, end < 0 ? size : end);
                return errno;
            }
        }
    }
}
