using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>What a structure of functions is given when it is attached.</summary>
/// <param name="data">The kernel's structure, with nothing in place of the programs.</param>
/// <param name="functions">The programs, and where they belong.</param>
internal sealed unsafe class StructOpsValue(byte[] data, IReadOnlyList<(int Offset, BpfProgram Program)> functions)
{
    /// <summary>Writes it to the map. A map without links is in use from then on.</summary>
    /// <exception cref="ObjectDisposedException">One of the programs is closed.</exception>
    public Errno Write(BpfMap map)
    {
        byte[] value = [.. data];
        int borrowed = 0;
        try
        {
            foreach ((int offset, BpfProgram program) in functions)
            {
                bool added = false;
                program.Handle.DangerousAddRef(ref added);
                borrowed++;
                BitConverter.TryWriteBytes(value.AsSpan(offset), (long)program.FileDescriptor);
            }

            uint key = 0;
            fixed (byte* pointer = value) return BpfSyscall.UpdateElement(map.Handle, &key, pointer, flags: 0);
        }
        finally
        {
            for (int i = 0; i < borrowed; i++) functions[i].Program.Handle.DangerousRelease();
        }
    }
}
