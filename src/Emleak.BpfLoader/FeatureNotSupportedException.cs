using Emleak.BpfLoader.Kernel;

namespace Emleak.BpfLoader;

/// <summary>The running kernel lacks something that was asked for.</summary>
public sealed class FeatureNotSupportedException : BpfException
{
    /// <summary>Names what is missing.</summary>
    /// <param name="feature">What is missing, as a noun: <c>ring buffers</c>.</param>
    /// <param name="firstKernelVersion">The first mainline kernel that has it: <c>5.8</c>.</param>
    /// <param name="advice">What else it may depend on, such as a build option; or null.</param>
    public FeatureNotSupportedException(string feature, string firstKernelVersion, string? advice = null)
        : base($"this kernel does not have {feature} (in Linux since {firstKernelVersion}{(advice is null ? "" : $"; {advice}")})")
    {
        Feature = feature;
        FirstKernelVersion = firstKernelVersion;
    }

    internal FeatureNotSupportedException(KernelFeature feature)
        : this(feature.Name, feature.FirstKernelVersion, feature.Advice)
    {
    }

    /// <summary>What is missing.</summary>
    public string Feature { get; }

    /// <summary>The first mainline kernel that has it.</summary>
    public string FirstKernelVersion { get; }
}
