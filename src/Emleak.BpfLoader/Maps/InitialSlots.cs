using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>Puts the maps and programs into maps that the object says they start with.</summary>
internal static unsafe class InitialSlots
{
    /// <exception cref="BpfException">One of them is not there, or the kernel refuses.</exception>
    public static void Fill(BpfMap map, MapSpec spec, BpfCollection loaded)
    {
        foreach (MapSlot slot in spec.InitialSlots)
        {
            int? descriptor = spec.Type == BpfMapType.ProgArray
                ? loaded.Programs.GetValueOrDefault(slot.Target)?.FileDescriptor
                : loaded.Maps.GetValueOrDefault(slot.Target)?.FileDescriptor;
            if (descriptor is not { } value)
                throw new BpfException($"{map} is to start with '{slot.Target}', which is not loaded");
            uint key = slot.Index;
            Errno errno = BpfSyscall.UpdateElement(map.Handle, &key, &value, flags: 0);
            if (errno != Errno.None) throw MapError.For(map, $"put '{slot.Target}' into", errno);
        }
    }
}
