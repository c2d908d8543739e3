namespace Emleak.BpfLoader.Kernel;

/// <summary>Something that newer kernels have and older ones lack, found out by trying, never by the version number.</summary>
public sealed class KernelFeature
{
    private readonly Func<FeatureSupport> _probe;
    private volatile FeatureSupport _known;

    internal KernelFeature(string id, string name, string firstKernelVersion, Func<FeatureSupport> probe, string? advice = null)
    {
        Advice = advice;
        Id = id;
        Name = name;
        FirstKernelVersion = firstKernelVersion;
        _probe = probe;
    }

    /// <summary>A short name, for <c>EMLEAK_MASK</c> and for lists: <c>ring-buffer</c>.</summary>
    public string Id { get; }

    /// <summary>What it is, as a noun.</summary>
    public string Name { get; }

    /// <summary>The first mainline kernel that has it; distributions may have it earlier.</summary>
    public string FirstKernelVersion { get; }

    /// <summary>What it depends on besides the version, or what to do without it; or null.</summary>
    public string? Advice { get; }

    /// <summary>True when the environment says to do as if the kernel did not have it (<c>EMLEAK_MASK</c>).</summary>
    /// <exception cref="BpfException">The variable names a feature that there is not.</exception>
    public bool IsMasked => FeatureMask.FromEnvironment.Hides(this);

    /// <summary>Asks the kernel. Yes and no are remembered for the life of the process, "could not tell" is not.</summary>
    /// <exception cref="BpfException"><c>EMLEAK_MASK</c> names a feature that there is not.</exception>
    public FeatureSupport Probe()
    {
        if (IsMasked) return FeatureSupport.No;
        // Two threads may probe at once: both get the same answer.
        if (_known == FeatureSupport.Unknown) _known = _probe();
        return _known;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
