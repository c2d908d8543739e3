using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Programs;

/// <summary>Has the kernel run a program (<c>BPF_PROG_TEST_RUN</c>).</summary>
internal static unsafe class TestRun
{
    public static ProgramRun Do(BpfProgram program, Span<byte> input, Span<byte> output, int repeat)
    {
        fixed (byte* inputPointer = input, outputPointer = output)
        {
            BpfAttr attr = default;
            if (program.Type is BpfProgramType.RawTracepoint or BpfProgramType.Syscall)
            {
                attr.Test.CtxIn = (ulong)inputPointer;
                attr.Test.CtxSizeIn = (uint)input.Length;
            }
            else
            {
                attr.Test.DataIn = (ulong)inputPointer;
                attr.Test.DataSizeIn = (uint)input.Length;
                attr.Test.DataOut = (ulong)outputPointer;
                attr.Test.DataSizeOut = (uint)output.Length;
                attr.Test.Repeat = (uint)repeat;
            }

            Errno errno = BpfSyscall.RunProgram(program.Handle, &attr);
            // ENOSPC: the packet was cut to the room that there is.
            if (errno != Errno.None && !(errno == Errno.NoSpace && !output.IsEmpty)) throw new BpfException($"run {program}", errno, AdviceFor(errno));
            return new ProgramRun(attr.Test.Retval, (int)attr.Test.DataSizeOut, TimeSpan.FromMicroseconds(attr.Test.Duration / 1_000.0));
        }
    }

    private static string? AdviceFor(Errno errno) => errno switch
    {
        Errno.NotSupportedByKernel => "programs of this type run only where they are attached",
        Errno.Invalid => "a packet needs at least 14 bytes, a raw tracepoint as many arguments as it reads; older kernels cannot run this type",
        _ => null,
    };
}
