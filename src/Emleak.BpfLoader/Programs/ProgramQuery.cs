using Emleak.BpfLoader.Abi;
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
