using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Programs;

/// <summary>Asks the kernel what a program is.</summary>
internal static unsafe class ProgramQuery
{
    public static ProgramInfo Ask(BpfHandle program, string description)
    {
        BpfProgInfo info = default;
        KernelObject.Describe(program, description, ref info);
        return new ProgramInfo(
            info.Id,
            (BpfProgramType)info.Type,
            KernelObject.Text(info.Name),
            Convert.ToHexStringLower(info.Tag),
            AskForMaps(program, description, info.NrMapIds),
            (int)info.XlatedProgLen,
            info.VerifiedInsns,
            info.RunCnt,
            TimeSpan.FromMicroseconds(info.RunTimeNs / 1_000.0));
    }

    /// <summary>The types that a program was loaded with.</summary>
    /// <exception cref="BpfException">It was loaded without, or the caller may not ask.</exception>
    public static BtfTypes ReadTypes(BpfProgram program)
    {
        BpfProgInfo info = default;
        KernelObject.Describe(program.Handle, program.ToString(), ref info);
        if (info.BtfId == 0) throw new BpfException($"{program} was loaded without types");
        Errno errno = BpfSyscall.OpenById(BpfCmd.BtfGetFdById, info.BtfId, out BpfHandle? handle);
        if (handle is null) throw new BpfException($"open the types of {program}", errno, LoadAdvice.For(errno));
        using (handle)
        {
            BpfBtfInfo size = default;
            KernelObject.Describe(handle, $"the types of {program}", ref size);
            byte[] data = new byte[size.BtfSize];
            fixed (byte* pointer = data)
            {
                BpfBtfInfo types = new() { Btf = (ulong)pointer, BtfSize = (uint)data.Length };
                KernelObject.Describe(handle, $"the types of {program}", ref types);
            }

            return BtfTypes.Parse(data);
        }
    }

    private static uint[] AskForMaps(BpfHandle program, string description, uint count)
    {
        if (count == 0) return [];
        uint[] ids = new uint[count];
        fixed (uint* pointer = ids)
        {
            BpfProgInfo info = default;
            info.NrMapIds = count;
            info.MapIds = (ulong)pointer;
            KernelObject.Describe(program, description, ref info);
        }

        return ids;
    }
}
