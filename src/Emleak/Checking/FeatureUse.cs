using Emleak.BpfLoader.Kernel;

namespace Emleak.Checking;

/// <summary>What emleak does with something that the kernel may lack.</summary>
/// <param name="Feature">What it is.</param>
/// <param name="Use">What it is used for.</param>
/// <param name="Without">What is done where it is missing; null when there is no way without.</param>
internal sealed record FeatureUse(KernelFeature Feature, string Use, string? Without)
{
    /// <summary>Everything, what is most needed first.</summary>
    public static IReadOnlyList<FeatureUse> All { get; } =
    [
        new(KernelFeatures.VmlinuxBtf, "fields of the kernel's records are found by name", null),
        new(KernelFeatures.RingBuffers, "changes of mappings are told in their order", "each processor tells its own, with the time"),
        new(KernelFeatures.MappableArrays, "sums are read without a call for each", "with a call for each"),
        new(KernelFeatures.UprobeSession, "a function's entry and return share a program and a trap", "a program for each"),
        new(KernelFeatures.UprobeMultiByProcess, "all functions of a file are probed by one link", "a perf event for each probe"),
        new(KernelFeatures.UprobeCookies, "a probe carries what the programs must know of its function", "they know probes by their addresses"),
        new(KernelFeatures.AttachCookie, "programs read that", "they know probes by their addresses"),
        new(KernelFeatures.TaskStorage, "calls in flight lie with their thread", "in a hash map"),
        new(KernelFeatures.LoopHelper, "stacks are walked in a loop that the kernel counts", "in one that the verifier unrolls"),
        new(KernelFeatures.InnerMapsOfAnySize, "stacks are walked by unwind tables", "by frame pointers alone"),
        new(KernelFeatures.BatchOperations, "tables are read many rows at a time", "row by row"),
        new(KernelFeatures.TaskWork, "a program waits before its first instruction until it is probed", "what -c finds may run first; run holds it by ptrace"),
        new(KernelFeatures.SleepableUprobes, "a thread that loads libraries waits until they are probed", "their first allocations may be missed"),
    ];

    /// <summary>A line about it.</summary>
    public string Describe()
    {
        string id = Feature.Id.PadRight(24);
        return Feature.Probe() switch
        {
            FeatureSupport.Yes => $"{id} yes      {Use}",
            FeatureSupport.No => Without is null
                ? $"{id} missing  needed (Linux {Feature.FirstKernelVersion}): {Use}"
                : $"{id} replaced {Without} (Linux {Feature.FirstKernelVersion}: {Use})",
            _ => $"{id} unknown  the kernel does not tell who is not allowed to use it",
        };
    }
}
