using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Rewriting;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>
/// Refuses what a kernel without the masked features would refuse: a test under a mask must not pass because the feature is
/// used all the same. Of a program's helpers nothing: which of them can be reached, the verifier finds out.
/// </summary>
internal static class MaskedKernel
{
    private const int OldMostInstructions = 4096;
    private const uint Sleepable = 1 << 4;

    /// <exception cref="FeatureNotSupportedException">The map needs a feature that is masked.</exception>
    public static void Check(MapSpec map, uint flags)
    {
        if (FeatureMask.FromEnvironment.IsEmpty) return;
        if (KernelFeatures.MemoryAccounting.IsMasked) LockedMemory.TryLift();
        if (map.Type == BpfMapType.Ringbuf) Refuse(KernelFeatures.RingBuffers);
        if (map.Type == BpfMapType.TaskStorage) Refuse(KernelFeatures.TaskStorage);
        if ((flags & MapFlags.ReadOnlyForPrograms) != 0) Refuse(KernelFeatures.GlobalData);
        if ((flags & MapFlags.MemoryMappable) != 0) Refuse(KernelFeatures.MappableArrays);
        if ((flags & MapFlags.InnerMap) != 0) Refuse(KernelFeatures.InnerMapsOfAnySize);
    }

    /// <exception cref="FeatureNotSupportedException">The program needs a feature that is masked.</exception>
    public static void Check(ProgramSpec program, ReadOnlySpan<BpfInstruction> code)
    {
        if (FeatureMask.FromEnvironment.IsEmpty) return;
        for (int i = 0; i < code.Length; i += Flow.SlotsOf(code[i]))
        {
            if (BpfOpcode.IsVariableAddress(code[i])) Refuse(KernelFeatures.GlobalData);
        }

        if (code.Length > OldMostInstructions) Refuse(KernelFeatures.LargePrograms);
        if (program.Type == BpfProgramType.Kprobe && (program.LoadFlags & Sleepable) != 0) Refuse(KernelFeatures.SleepableUprobes);
        if (program.ExternReferences.Any(static reference => reference.Name.StartsWith("bpf_task_work_", StringComparison.Ordinal))) Refuse(KernelFeatures.TaskWork);
        if (program.ExpectedAttachType == BpfAttachType.TraceUprobeMulti) Refuse(KernelFeatures.UprobeMulti);
        if (program.ExpectedAttachType == BpfAttachType.TraceUprobeSession) Refuse(KernelFeatures.UprobeSession);
    }

    private static void Refuse(KernelFeature feature)
    {
        if (feature.IsMasked) throw new FeatureNotSupportedException(feature);
    }
}
